export {
  type AnswerContext,
  AuthorizedClient,
  type AuthorizedClientSettings,
} from "./authorizedClient.js";
export { TokenError, type TokenErrorOptions } from "./errors.js";
export {
  callTokenFunction,
  checkToken,
  type TokenFunction,
  type TokenRequest,
} from "./token/tokenFunction.js";
export {
  type UaaClientCredentialsOptions,
  uaaClientCredentials,
} from "./uaa/uaaClientCredentials.js";
