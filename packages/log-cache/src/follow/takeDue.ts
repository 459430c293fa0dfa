import type { Envelope } from "@loggregator/api";
import { compareTimes, earlier, later, latestTime, nanoseconds } from "../client/times.js";
import type { HeldEnvelope } from "./seen/sourceEnvelopes.js";
import type { SourceReader } from "./sourceReader.js";

/** A source, and whether it currently fails. */
export interface FollowedSource {
  readonly reader: SourceReader;
  readonly isFailing: boolean;
}

/**
 * Takes the envelopes that are due, up to the time to which all sources have been read. An envelope
 * is due if it is at least `settleMs` older than the newest end that a source had when the sweep
 * began, or if it was read at least `settleMs` ago. Only the second rule applies to envelopes older
 * than the overlap window (`isBehind`).
 */
export function takeDue(sources: readonly FollowedSource[], settleMs: number): Envelope[] {
  const settle = nanoseconds(settleMs);
  let due: bigint | undefined = settleMs === 0 ? latestTime : undefined;
  let dueBehind = due;
  let covered: bigint | undefined;
  const working = sources.filter(({ isFailing }) => !isFailing);
  // Failing sources are not awaited, unless all sources fail.
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
  return take(sources, isDue);
}

/** Takes all envelopes that are held back. */
export function takeAll(sources: readonly FollowedSource[]): Envelope[] {
  return take(sources, () => true);
}

function take(
  sources: readonly FollowedSource[],
  isTaken: (held: HeldEnvelope) => boolean,
): Envelope[] {
  return sources
    .flatMap(({ reader }) => reader.take(isTaken))
    .sort((a, b) => compareTimes(a.timestamp, b.timestamp))
    .map(({ envelope }) => envelope);
}
