import { formatValue, OptionTypeError, objectArgument } from "@loggregator/core";

/** The yielded envelopes of each source, as a plain object for `JSON.stringify`. */
export interface FollowCheckpoint {
  readonly version: 1;
  /** By source id. */
  readonly sources: Readonly<Record<string, SourceCheckpoint>>;
}

/** The yielded envelopes of a source: those before `from`, and some after it. */
export interface SourceCheckpoint {
  /** The time at which reading starts: nanoseconds since the UNIX epoch, as decimal text. */
  readonly from: string;
  /** Timestamp, identity and number of copies of each envelope that was yielded and is read again. */
  readonly seen: readonly (readonly [timestamp: string, identity: number, copies: number])[];
}

const decimal = /^-?\d{1,19}$/;

/** @throws OptionTypeError unless `checkpoint` is undefined or a valid checkpoint. */
export function checkCheckpoint(checkpoint: unknown): FollowCheckpoint | undefined {
  if (checkpoint === undefined) {
    return undefined;
  }
  const { version, sources } = Object(checkpoint) as Partial<FollowCheckpoint>;
  if (version !== 1) {
    const expected = "a result of checkpoint()";
    throw new OptionTypeError("checkpoint", expected, formatValue(checkpoint));
  }
  objectArgument("checkpoint.sources", sources);
  for (const [sourceId, source] of Object.entries(sources)) {
    const { from, seen } = Object(source) as Partial<SourceCheckpoint>;
    const isValid =
      decimal.test(`${from}`) &&
      Array.isArray(seen) &&
      seen.every(
        (entry: unknown) =>
          Array.isArray(entry) &&
          entry.length === 3 &&
          decimal.test(`${entry[0]}`) &&
          entry.slice(1).every(Number.isSafeInteger),
      );
    if (!isValid) {
      const name = `checkpoint.sources[${JSON.stringify(sourceId)}]`;
      throw new OptionTypeError(name, "a result of checkpoint()", formatValue(source));
    }
  }
  return checkpoint as FollowCheckpoint;
}
