import type { Envelope } from "@loggregator/api";
import { type Entry, EntryJoiner } from "./entryJoiner.js";

/**
 * Joins the envelopes of a stream to entries, see `EntryJoiner`. When the stream ends, the rest is
 * yielded.
 *
 * @param stop Ends the stream. Called when the loop ends, as it may be waiting for the next batch.
 */
export async function* joinEntries(
  batches: AsyncIterable<readonly Envelope[]>,
  stop: () => void,
): AsyncGenerator<Entry[], void, undefined> {
  const joiner = new EntryJoiner();
  const iterator = batches[Symbol.asyncIterator]();
  try {
    yield* joinAll(iterator, joiner);
  } catch (error) {
    yield* nonEmpty(joiner.flush());
    throw error;
  } finally {
    stop();
    await iterator.return?.();
  }
}

async function* joinAll(
  iterator: AsyncIterator<readonly Envelope[]>,
  joiner: EntryJoiner,
): AsyncGenerator<Entry[], void, undefined> {
  let next = iterator.next();
  for (;;) {
    // A failure while the consumer is busy is thrown at the next turn.
    next.catch(() => {});
    const result = await beforeDue(next, joiner.dueMs);
    const now = performance.now();
    if (result === undefined) {
      yield* nonEmpty(joiner.take(now));
    } else if (result.done === true) {
      yield* nonEmpty(joiner.flush());
      return;
    } else {
      next = iterator.next();
      yield* nonEmpty(joiner.push(result.value, now));
    }
  }
}

function* nonEmpty(entries: Entry[]): Generator<Entry[]> {
  if (entries.length > 0) {
    yield entries;
  }
}

/** Resolves to undefined if it is later than `dueMs` before the promise settles. */
async function beforeDue<T>(
  promise: Promise<T>,
  dueMs: number | undefined,
): Promise<T | undefined> {
  if (dueMs === undefined) {
    return await promise;
  }
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(dueMs - performance.now(), 0), undefined);
  });
  try {
    return await Promise.race([promise, due]);
  } finally {
    clearTimeout(timer);
  }
}
