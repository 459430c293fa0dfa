import { nanosecondsArgument } from "@loggregator/core";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";

const nanosecondsPerMillisecond = 1_000_000n;

/**
 * Returns an envelope's timestamp, or a timer's `start` or `stop`, as a `Date`. A `Date` has a
 * resolution of milliseconds: the time is rounded down.
 *
 * @throws OptionTypeError, OptionRangeError if the time is not a 64-bit integer.
 */
export function toDate(time: Pick<Envelope, "timestamp"> | bigint): Date {
  const timestamp =
    typeof time === "bigint" ? time : (time as typeof time | null | undefined)?.timestamp;
  const nanoseconds = nanosecondsArgument("timestamp", timestamp);
  const milliseconds = nanoseconds / nanosecondsPerMillisecond;
  // Division of bigints rounds towards zero.
  const isBefore = milliseconds * nanosecondsPerMillisecond > nanoseconds;
  return new Date(Number(milliseconds) - (isBefore ? 1 : 0));
}
