export type { ConnectionStatus, Logger, RetryOptions, StopOptions } from "@loggregator/core";
export {
  ConnectionError,
  TlsError,
  type TlsMaterial,
  type TlsPaths,
  type TlsSource,
} from "@loggregator/grpc";
export { Status } from "nice-grpc";
export { EnvelopeStreamConnector } from "./envelopeStreamConnector.js";
export type { EnvelopeStreamRequest } from "./envelopeStreamRequest.js";
export { EgressError } from "./errors.js";
export type { EgressStats, EnvelopeStreamConnectorOptions } from "./options.js";
export { type ReconnectOptions, reconnectMiddleware } from "./reconnectMiddleware.js";
export type { EnvelopeStream } from "./stream/envelopeStream.js";
export type { StreamBuffer } from "./stream/streamBuffer.js";
export { loadEgressTls } from "./tls.js";
