export { endpointUrl } from "./endpointUrl.js";
export {
  type BodyReader,
  checkFetch,
  type Fetch,
  type FetchInit,
  type FetchResponse,
} from "./fetch.js";
export type { FetchOptions, HttpOptions } from "./httpOptions.js";
export { reasonOf, redactError } from "./redactError.js";
export { placeholder, type Redact, redactor } from "./redactor.js";
export { discardResponse } from "./response/discardResponse.js";
export { type ErrorBody, quote, readErrorBody } from "./response/errorBody.js";
export { parseJsonObject } from "./response/parseJsonObject.js";
export { type BodyBytes, type BodyText, readBody, readBytes } from "./response/readBody.js";
export { describeRedirect, isRedirect } from "./response/redirect.js";
export { retryAfterMs } from "./response/retryAfterMs.js";
export { routerErrorOf, type Verdict, verdictOf } from "./response/verdict.js";
