export {
  TokenError,
  type TokenFunction,
  type TokenRequest,
  type UaaClientCredentialsOptions,
  uaaClientCredentials,
} from "@loggregator/auth";
export type { Logger, RetryOptions, StopOptions } from "@loggregator/core";
export type { BodyReader, Fetch, FetchInit, FetchResponse } from "@loggregator/core/http";
export {
  EventTooLargeError,
  GatewayConnectionError,
  type GatewayResponse,
  GatewayResponseError,
  InvalidEventError,
  RetriesExhaustedError,
  StreamSilentError,
} from "./errors.js";
export type { GatewayStats, GatewayStatus } from "./gatewayStatus.js";
export type { GatewayRequest } from "./request/gatewayRequest.js";
export {
  RlpGatewayClient,
  type RlpGatewayClientOptions,
  type StreamOptions,
} from "./rlpGatewayClient.js";
export type { EnvelopeStream } from "./stream/envelopeStream.js";
