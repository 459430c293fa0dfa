/** The metadata of a source in log-cache. */
export interface SourceMeta {
  /** The number of stored envelopes. */
  readonly count: number;
  /** The number of envelopes that were removed to make room for others. */
  readonly expired: number;
  /** The timestamp of the oldest envelope, in nanoseconds since the UNIX epoch. */
  readonly oldestTimestamp: bigint;
  /** The newest timestamp, in nanoseconds since the UNIX epoch. */
  readonly newestTimestamp: bigint;
}
