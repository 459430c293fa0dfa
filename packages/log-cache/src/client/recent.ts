import type { Envelope } from "@loggregator/api";
import { checkOptionNames, positiveInteger } from "@loggregator/core";
import { LogCacheError } from "../errors.js";
import { envelopeIdentity } from "../follow/seen/envelopeIdentity.js";
import { SeenEnvelopes } from "../follow/seen/seenEnvelopes.js";
import { maxLimit, type ReadOptions, type ReadQuery, readQuery } from "./readOptions.js";

/** Options of `recent`. */
export interface RecentOptions extends Pick<ReadOptions, "startTime" | "endTime" | "signal"> {
  /**
   * Only envelopes of these types.
   *
   * @default ["log"]
   */
  readonly types?: ReadOptions["types"];
  /**
   * Only metrics whose name matches, as for `read`. Set `types` too: the default, logs, have no
   * names.
   *
   * @default none
   */
  readonly nameFilter?: string | undefined;
}

/** @throws OptionTypeError, OptionRangeError for an invalid source id, count or option. */
export function recentQuery(sourceId: string, count: number, options: RecentOptions): ReadQuery {
  positiveInteger("count", count);
  checkOptionNames<RecentOptions>("options", options, {
    startTime: true,
    endTime: true,
    signal: true,
    types: true,
    nameFilter: true,
  });
  const limit = Math.min(count, maxLimit);
  return readQuery(sourceId, { types: ["log"], ...options, limit, descending: true });
}

/**
 * Reads the newest envelopes page by page, and halves the page if a response would be too large.
 *
 * A page is complete down to the timestamp of its last envelope. It may also contain older
 * envelopes, because log-cache orders by keys, which can be later than timestamps. The next page
 * therefore ends at that timestamp and repeats the older envelopes.
 */
export async function readRecent(
  query: ReadQuery,
  count: number,
  read: (page: ReadQuery) => Promise<Envelope[]>,
): Promise<Envelope[]> {
  const seen = new SeenEnvelopes();
  const newest: Envelope[] = [];
  let { limit, endTime } = query;
  while (newest.length < count) {
    let page: Envelope[];
    try {
      page = await read({ ...query, limit, endTime });
    } catch (error) {
      if (!(error instanceof LogCacheError && error.tooLarge) || limit === 1) {
        throw error;
      }
      limit >>= 1;
      continue;
    }
    seen.beginPage();
    for (const envelope of page) {
      if (seen.add(envelope.timestamp, envelopeIdentity(envelope))) {
        newest.push(envelope);
      }
    }
    const end = page.at(-1)?.timestamp;
    if (page.length < limit || end === undefined || end === endTime || end <= query.startTime) {
      break;
    }
    endTime = end;
  }
  return newest
    .sort((a, b) => (a.timestamp > b.timestamp ? -1 : a.timestamp < b.timestamp ? 1 : 0))
    .slice(0, count)
    .reverse();
}
