export type { ConnectionStatus } from "@loggregator/core";
export {
  type AnswerContext,
  AuthorizedClient,
  type AuthorizedClientSettings,
} from "./authorizedClient.js";
export {
  type AppLocation,
  type AppNames,
  CloudController,
  type CloudControllerOptions,
  type CloudControllerStats,
} from "./cloudController/cloudController.js";
export {
  AppLookupError,
  type AppPlace,
  CloudControllerError,
  type CloudControllerErrorOptions,
} from "./cloudController/cloudControllerError.js";
export { type DiscoverOptions, type Discovery, discover } from "./cloudController/discover.js";
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
export type { UaaOptions, UaaUserOptions } from "./uaa/uaaOptions.js";
export { type UaaPasswordOptions, uaaPassword } from "./uaa/uaaPassword.js";
export { type UaaRefreshTokenOptions, uaaRefreshToken } from "./uaa/uaaRefreshToken.js";
