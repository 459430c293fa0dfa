export {
  EventTooLargeError,
  GatewayConnectionError,
  GatewayResponseError,
  InvalidEventError,
  RetriesExhaustedError,
  StreamSilentError,
  TokenError,
} from "./errors.js";
export type { Fetch, FetchInit, FetchResponse } from "./fetch.js";
export type { GatewayRequest } from "./gatewayRequest.js";
export type { Logger } from "./logger.js";
export {
  RlpGatewayClient,
  type RlpGatewayClientOptions,
  type StreamOptions,
} from "./rlpGatewayClient.js";
export type { GatewayStats, GatewayStatus } from "./status.js";
export type { TokenFunction, TokenRequest } from "./token.js";
export { type UaaClientCredentialsOptions, uaaClientCredentials } from "./uaa.js";
