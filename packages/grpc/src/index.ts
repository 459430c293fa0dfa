export { Connection, type ConnectionOptions, maxMessageBytes } from "./connection.js";
export { ConnectionError, TlsError } from "./errors.js";
export type { OpenConnection } from "./openChannel.js";
export { loadTls, type TlsMaterial, type TlsPaths, type TlsSource } from "./tls.js";
