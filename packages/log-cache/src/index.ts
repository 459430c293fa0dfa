export { TokenError, type TokenFunction, type TokenRequest } from "@loggregator/auth";
export type { Logger, RetryOptions, StopOptions } from "@loggregator/core";
export type { BodyReader, Fetch, FetchInit, FetchResponse } from "@loggregator/core/http";
export type { EnvelopeTypeName } from "./client/envelopeTypes.js";
export { LogCacheReader, type LogCacheReaderOptions } from "./client/logCacheReader.js";
export type { LogCacheStats, LogCacheStatus } from "./client/logCacheStatus.js";
export type { ReadOptions } from "./client/readOptions.js";
export type { RecentOptions } from "./client/recent.js";
export type { RequestOptions } from "./client/requestOptions.js";
export type { SourceMeta } from "./client/sourceMeta.js";
export type { Time } from "./client/times.js";
export {
  InvalidResponseError,
  LogCacheConnectionError,
  LogCacheError,
  type LogCacheErrorOptions,
  type LogCacheResponse,
  LogCacheResponseError,
  RetriesExhaustedError,
} from "./errors.js";
export type { FollowCheckpoint, SourceCheckpoint } from "./follow/followCheckpoint.js";
export type { FollowOptions, Gap } from "./follow/followOptions.js";
export type { FollowStream } from "./follow/followStream.js";
export type { LogCacheInfo } from "./http/httpTransport.js";
export { LogCacheClient, type LogCacheClientOptions } from "./logCacheClient.js";
export type { QueryOptions, QueryRangeOptions } from "./promql/queryOptions.js";
export type {
  MatrixResult,
  Point,
  QueryResult,
  Sample,
  ScalarResult,
  Series,
  VectorResult,
} from "./promql/queryResult.js";
