export {
  ConnectionError,
  type Logger,
  TlsError,
  type TlsMaterial,
  type TlsPaths,
  type TlsSource,
} from "@loggregator/transport";
export {
  type EnvelopeStream,
  EnvelopeStreamConnector,
  type EnvelopeStreamConnectorOptions,
  type EnvelopeStreamRequest,
  type StreamBuffer,
} from "./envelopeStreamConnector.js";
export { EgressError } from "./errors.js";
export { type ReconnectOptions, reconnectMiddleware } from "./reconnectMiddleware.js";
export { loadEgressTls } from "./tls.js";
