export type { ConnectionStatus, FlushOptions, Logger, RetryOptions } from "@loggregator/core";
export {
  ConnectionError,
  TlsError,
  type TlsMaterial,
  type TlsPaths,
  type TlsSource,
} from "@loggregator/grpc";
export type { EventOptions } from "./delivery/eventSender.js";
export { IngressError, StallError } from "./errors.js";
export { IngressClient } from "./ingressClient.js";
export type { IngressClientOptions, IngressStats } from "./options.js";
export { loadIngressTls } from "./tls.js";
