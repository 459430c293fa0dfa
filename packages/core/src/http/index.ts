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
export { classifyStatus, type StatusClass } from "./response/classifyStatus.js";
export { discardResponse } from "./response/discardResponse.js";
export {
  type ErrorResponse,
  type ResponseFacts,
  readErrorResponse,
} from "./response/errorResponse.js";
export { parseJsonObject } from "./response/parseJsonObject.js";
export { quote } from "./response/quote.js";
export { type BodyBytes, type BodyText, readBody, readBytes } from "./response/readBody.js";
export { withoutTokens } from "./withoutTokens.js";
