import {
  checkOptionNames,
  delayMs,
  formatValue,
  nanosecondsArgument,
  OptionRangeError,
  OptionTypeError,
  optionalFunction,
  optionalSignal,
  positiveMs,
} from "@loggregator/core";
import type { EnvelopeTypeName } from "../client/envelopeTypes.js";
import { checkSourceId, envelopeFilter, type ReadQuery } from "../client/readOptions.js";
import type { Time } from "../client/times.js";
import { checkCheckpoint, type FollowCheckpoint } from "./followCheckpoint.js";

/** Data of a source that may be lost: log-cache removed it before it was read. */
export interface Gap {
  readonly sourceId: string;
  /**
   * The newest timestamp that was read before the gap, in nanoseconds since the UNIX epoch. If
   * nothing was read, the start of the stream: 0 for a source that was empty.
   */
  readonly from: bigint;
  /** The oldest timestamp that was read after the gap, in nanoseconds since the UNIX epoch. */
  readonly to: bigint;
}

/** Options of `follow`. */
export interface FollowOptions {
  /**
   * Ends the iteration without an error.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Only envelopes at or after this time.
   *
   * @default only envelopes that are stored after the start
   */
  readonly from?: Time | undefined;
  /**
   * Continues after the checkpoint of an earlier stream. Takes precedence over `from`.
   *
   * @default none
   */
  readonly checkpoint?: FollowCheckpoint | undefined;
  /**
   * Only envelopes of these types.
   *
   * @default all
   */
  readonly types?: readonly EnvelopeTypeName[] | undefined;
  /**
   * Only metrics whose name matches this regular expression, as for `read`.
   *
   * @default none
   */
  readonly nameFilter?: string | undefined;
  /**
   * How long envelopes are held back to sort late ones, in milliseconds. Envelopes that arrive
   * later than this are yielded out of order. It delays every envelope. Lower it to see envelopes
   * sooner; raise it if many are out of order.
   *
   * @default 2_000
   */
  readonly settleMs?: number | undefined;
  /**
   * An envelope is found if it arrives at most this many milliseconds after newer ones of its
   * source. This period is read repeatedly. Must be at least `settleMs`. Raise it if envelopes
   * arrive later; lower it to read fewer envelopes twice.
   *
   * @default 30_000
   */
  readonly overlapMs?: number | undefined;
  /**
   * The time between two reads of a source in milliseconds, once all its envelopes are read. Lower
   * it to see envelopes sooner; raise it to send fewer requests.
   *
   * @default 500
   */
  readonly pollIntervalMs?: number | undefined;
  /**
   * Called when data may be lost.
   *
   * @default each gap is logged as a warning; without a `logger`, only the first one
   */
  readonly onGap?: ((gap: Gap) => unknown) | undefined;
}

/** Options of `follow` with their defaults filled in. */
export interface FollowSettings extends Pick<ReadQuery, "types" | "nameFilter"> {
  readonly sourceIds: readonly string[];
  readonly from: bigint | undefined;
  readonly checkpoint: FollowCheckpoint | undefined;
  readonly settleMs: number;
  readonly overlapMs: number;
  readonly pollIntervalMs: number;
}

/** @throws OptionTypeError, OptionRangeError for invalid source ids or options. */
export function followSettings(
  sourceIds: readonly string[],
  options: FollowOptions,
): FollowSettings {
  checkOptionNames<FollowOptions>("options", options, {
    signal: true,
    from: true,
    checkpoint: true,
    types: true,
    nameFilter: true,
    settleMs: true,
    overlapMs: true,
    pollIntervalMs: true,
    onGap: true,
  });
  optionalSignal("signal", options.signal);
  optionalFunction("onGap", options.onGap);
  if (!Array.isArray(sourceIds)) {
    throw new OptionTypeError("sourceIds", "an array of source ids", formatValue(sourceIds));
  }
  if (sourceIds.length === 0) {
    throw new OptionRangeError("sourceIds", "a non-empty array of source ids", "[]");
  }
  const settleMs = delayMs("settleMs", options.settleMs ?? 2_000);
  const overlapMs = delayMs("overlapMs", options.overlapMs ?? Math.max(30_000, settleMs));
  if (overlapMs < settleMs) {
    throw new OptionRangeError("overlapMs", `at least settleMs, ${settleMs}`, `${overlapMs}`);
  }
  return {
    sourceIds: [
      ...new Set(sourceIds.map((sourceId, i) => checkSourceId(`sourceIds[${i}]`, sourceId))),
    ],
    from: options.from === undefined ? undefined : nanosecondsArgument("from", options.from),
    checkpoint: checkCheckpoint(options.checkpoint),
    ...envelopeFilter(options),
    settleMs,
    overlapMs,
    pollIntervalMs: positiveMs("pollIntervalMs", options.pollIntervalMs ?? 500),
  };
}
