export { positiveMs, wholeNumber } from "./arguments.js";
export { Backoff, type BackoffOptions } from "./backoff.js";
export { Connection, type ConnectionOptions, maxMessageBytes } from "./connection.js";
export { ConnectionError, TlsError } from "./errors.js";
export { type Logger, silentLogger } from "./logger.js";
export { loadTls, type TlsMaterial, type TlsPaths, type TlsSource } from "./tls.js";
