export {
  type ChannelOptions,
  ConnectionError,
  TlsError,
  type TlsMaterial,
  type TlsPaths,
  type TlsSource,
} from "@loggregator/grpc";
export { LogCacheCallError } from "./logCacheCallError.js";
export { LogCacheClient, type LogCacheClientOptions } from "./logCacheClient.js";
export { loadLogCacheTls } from "./tls.js";
