export {
  objectArgument,
  optionalFunction,
  optionalSignal,
  positiveMs,
  shown,
  wholeNumber,
} from "./arguments.js";
export { Backoff, type BackoffOptions } from "./backoff.js";
export { Connection, type ConnectionOptions, maxMessageBytes } from "./connection.js";
export { ConnectionError, TlsError } from "./errors.js";
export { type Logger, safeLogger, silentLogger } from "./logger.js";
export type { OpenConnection } from "./openChannel.js";
export { type ConnectionStatus, StatusFeed } from "./statusFeed.js";
export { loadTls, type TlsMaterial, type TlsPaths, type TlsSource } from "./tls.js";
