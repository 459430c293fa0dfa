export type { Logger, RetryOptions } from "@loggregator/core";
export {
  EventTooLargeError,
  GatewayConnectionError,
  type GatewayResponse,
  GatewayResponseError,
  InvalidEventError,
  RetriesExhaustedError,
  StreamSilentError,
  TokenError,
  type TokenErrorOptions,
} from "./errors.js";
export type { GatewayStats, GatewayStatus } from "./gatewayStatus.js";
export type { BodyReader, Fetch, FetchInit, FetchResponse } from "./http/fetch.js";
export type { GatewayRequest } from "./request/gatewayRequest.js";
export {
  RlpGatewayClient,
  type RlpGatewayClientOptions,
  type StreamOptions,
} from "./rlpGatewayClient.js";
export type { EnvelopeStream, StopOptions } from "./stream/envelopeStream.js";
export type { TokenFunction, TokenRequest } from "./token/streamToken.js";
export {
  type UaaClientCredentialsOptions,
  uaaClientCredentials,
} from "./token/uaaClientCredentials.js";
