import type { Envelope } from "@loggregator/api";
import { compareTimes, earlier, later, latestTime, nanoseconds } from "../client/times.js";
import type { HeldEnvelope, SourceReader } from "./sourceReader.js";

/** A source, and whether it currently fails. */
export interface FollowedSource {
  readonly reader: SourceReader;
  readonly isFailing: boolean;
}

/**
 * Takes the envelopes that are due: those that are older by `settleMs` than the end of the source
 * when the sweep began, and those that were read at least that long ago. In both cases only up to
 * the time to which all sources have been read. To those that are behind their source, only the
 * second applies.
 */
export function takeDue(sources: readonly FollowedSource[], settleMs: number): Envelope[] {
  const settle = nanoseconds(settleMs);
  let due: bigint | undefined = settleMs === 0 ? latestTime : undefined;
  let dueBehind = due;
  let covered: bigint | undefined;
  const working = sources.filter(({ isFailing }) => !isFailing);
  // Those that fail are not waited for, unless all of them do.
  const awaited = working.length > 0 ? working : sources;
  // A page before this may lack envelopes that have arrived in the meantime.
  const startedAt = Math.min(...awaited.map(({ reader }) => reader.sweptAt));
  for (const { reader } of sources) {
    for (const { timestamp, readAt, isBehind } of reader.held) {
      if (readAt > startedAt - settleMs) {
        continue;
      }
      if (isBehind) {
        dueBehind = later(dueBehind, timestamp);
      } else {
        due = later(due, timestamp);
      }
    }
  }
  for (const { reader } of awaited) {
    if (reader.edge !== undefined) {
      due = later(due, reader.edge - settle);
    }
    if (reader.covered !== undefined) {
      covered = earlier(covered, reader.covered);
    }
  }
  const isDue = ({ timestamp, isBehind }: HeldEnvelope) => {
    const until = isBehind ? dueBehind : due;
    return (
      until !== undefined && timestamp <= until && (covered === undefined || timestamp < covered)
    );
  };
  return sources
    .flatMap(({ reader }) => reader.take(isDue))
    .sort((a, b) => compareTimes(a.timestamp, b.timestamp))
    .map(({ envelope }) => envelope);
}
