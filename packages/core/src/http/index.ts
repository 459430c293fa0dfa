export { discardResponse } from "./discardResponse.js";
export { endpointUrl } from "./endpointUrl.js";
export { type ErrorBody, quote, readErrorBody } from "./errorBody.js";
export {
  type BodyReader,
  checkFetch,
  type Fetch,
  type FetchInit,
  type FetchResponse,
} from "./fetch.js";
export type { FetchOptions, HttpOptions } from "./httpOptions.js";
export { parseJsonObject } from "./parseJsonObject.js";
export { type BodyBytes, type BodyText, readBody, readBytes } from "./readBody.js";
export { reasonOf, redactError } from "./redactError.js";
export { placeholder, type Redact, redactor } from "./redactor.js";
export { describeRedirect, isRedirect } from "./redirect.js";
export { retryAfterMs } from "./retryAfterMs.js";
export { routerErrorOf, type Verdict, verdictOf } from "./verdict.js";
