export type { ConnectionStatus, Logger } from "@loggregator/core";
export {
  ConnectionError,
  TlsError,
  type TlsMaterial,
  type TlsPaths,
  type TlsSource,
} from "@loggregator/grpc";
export { Status } from "nice-grpc";
export {
  type EgressStats,
  type EnvelopeStream,
  EnvelopeStreamConnector,
  type EnvelopeStreamConnectorOptions,
  type StopOptions,
} from "./envelopeStreamConnector.js";
export type { EnvelopeStreamRequest } from "./envelopeStreamRequest.js";
export { EgressError } from "./errors.js";
export { type ReconnectOptions, reconnectMiddleware } from "./reconnectMiddleware.js";
export type { StreamBuffer } from "./streamBuffer.js";
export { loadEgressTls } from "./tls.js";
