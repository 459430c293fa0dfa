export type { ConnectionCallOptions } from "./call/callOptions.js";
export type { MessageSource } from "./call/messageWriter.js";
export { type ChannelOptions, maxMessageBytes, type TransportOptions } from "./channelOptions.js";
export { Connection, type ConnectionOptions } from "./connection.js";
export { ConnectionError, TlsError } from "./errors.js";
export type { OpenConnection } from "./session/session.js";
export { readCertificates } from "./tls/readCertificates.js";
export { loadTls, type TlsMaterial, type TlsPaths, type TlsSource } from "./tls/tls.js";
export { tlsPathsFromEnv } from "./tls/tlsPathsFromEnv.js";
