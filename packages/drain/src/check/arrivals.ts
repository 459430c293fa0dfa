import { linkedTimeout, onAbort } from "@loggregator/core";
import type { MarkedEnvelope, MarkedKind } from "./markedEnvelopes.js";

/** The messages that arrived at the receiving side. */
export interface Arrivals {
  /** The number of messages that arrived. */
  readonly arrived: number;
  /** The number of messages that arrived more than once. */
  readonly duplicated: number;
  /** The number of messages that did not arrive, by kind; complete kinds are omitted. */
  readonly missing: Partial<Record<MarkedKind, number>>;
  /** The shortest and the longest time from the first send to an arrival, in milliseconds. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

export interface AwaitedArrivals {
  /** Resolves when all have arrived, the text ends, or the time limit is reached. */
  result(): Promise<Arrivals>;
  cancel(): void;
}

/** Looks for the marks of messages in a text. */
export function awaitArrivals(
  text: AsyncIterable<string | Uint8Array>,
  marked: readonly MarkedEnvelope[],
  begin: number,
  timeoutMs: number,
): AwaitedArrivals {
  const times = new Map<string, number>();
  const all = new Set(marked.map(({ mark }) => mark));
  let duplicated = 0;
  const abort = new AbortController();
  const iterator = text[Symbol.asyncIterator]();
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await iterator.next();
      if (done || abort.signal.aborted) {
        return;
      }
      // A mark appears more than once in a message: in its text and in its tags.
      const lines = (
        rest + (typeof value === "string" ? value : decoder.decode(value, { stream: true }))
      ).split("\n");
      rest = (lines.pop() as string).slice(-64 * 1024);
      for (const line of lines) {
        for (const mark of new Set(line.match(/drain-check-[0-9a-f]+-[a-z]+-\d+-/g))) {
          if (!all.has(mark)) {
            continue;
          }
          if (times.has(mark)) {
            duplicated++;
          } else {
            times.set(mark, performance.now() - begin);
          }
        }
      }
      if (times.size === marked.length) {
        return;
      }
    }
  })();
  // The error is reported by `result`.
  reading.catch(() => {});
  const leave = () => {
    abort.abort();
    Promise.resolve(iterator.return?.()).catch(() => {});
  };
  return {
    cancel: leave,
    async result() {
      const timeout = linkedTimeout(timeoutMs, () => undefined);
      const timedOut = new Promise<void>((resolve) => onAbort(timeout.signal, resolve));
      await Promise.race([reading, timedOut]);
      timeout.abort();
      leave();
      const missing: Partial<Record<MarkedKind, number>> = {};
      for (const { kind, mark } of marked) {
        if (!times.has(mark)) {
          missing[kind] = (missing[kind] ?? 0) + 1;
        }
      }
      const sorted = [...times.values()].sort((a, b) => a - b);
      return {
        arrived: times.size,
        duplicated,
        missing,
        firstMs: sorted[0],
        lastMs: sorted.at(-1),
      };
    },
  };
}
