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

/** Reads a text, and looks for the marks of messages in it. */
export class ArrivalReader {
  readonly #marked: readonly MarkedEnvelope[];
  readonly #marks: ReadonlySet<string>;
  readonly #begin: number;
  readonly #text: AsyncIterator<string | Uint8Array>;
  readonly #reading: Promise<void>;
  /** The times from the beginning of sending to the first arrival, by mark. */
  readonly #times = new Map<string, number>();
  #duplicated = 0;
  #isCancelled = false;

  /** @param begin The beginning of sending, by the monotonic clock in milliseconds. */
  constructor(
    text: AsyncIterable<string | Uint8Array>,
    marked: readonly MarkedEnvelope[],
    begin: number,
  ) {
    this.#marked = marked;
    this.#marks = new Set(marked.map(({ mark }) => mark));
    this.#begin = begin;
    this.#text = text[Symbol.asyncIterator]();
    this.#reading = this.#read();
    // The error is reported by `result`.
    this.#reading.catch(() => {});
  }

  /**
   * Resolves when all have arrived, the text ends, or the time limit is reached. Rejects with the
   * error if the text cannot be read.
   */
  async result(timeoutMs: number): Promise<Arrivals> {
    const timeout = linkedTimeout(timeoutMs, () => undefined);
    const timedOut = new Promise<void>((resolve) => onAbort(timeout.signal, resolve));
    await Promise.race([this.#reading, timedOut]);
    timeout.abort();
    this.cancel();
    const missing: Partial<Record<MarkedKind, number>> = {};
    for (const { kind, mark } of this.#marked) {
      if (!this.#times.has(mark)) {
        missing[kind] = (missing[kind] ?? 0) + 1;
      }
    }
    const sorted = [...this.#times.values()].sort((a, b) => a - b);
    return {
      arrived: this.#times.size,
      duplicated: this.#duplicated,
      missing,
      firstMs: sorted[0],
      lastMs: sorted.at(-1),
    };
  }

  /** Ends reading. */
  cancel(): void {
    this.#isCancelled = true;
    Promise.resolve(this.#text.return?.()).catch(() => {});
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    while (this.#times.size < this.#marked.length) {
      const { done, value } = await this.#text.next();
      if (done || this.#isCancelled) {
        return;
      }
      const text = typeof value === "string" ? value : decoder.decode(value, { stream: true });
      const lines = (rest + text).split("\n");
      rest = (lines.pop() as string).slice(-64 * 1024);
      for (const line of lines) {
        this.#search(line);
      }
    }
  }

  #search(line: string): void {
    // A mark appears more than once in a message: in its text and in its tags.
    for (const mark of new Set(line.match(/drain-check-[0-9a-f]+-[a-z]+-\d+-/g))) {
      if (!this.#marks.has(mark)) {
        continue;
      }
      if (this.#times.has(mark)) {
        this.#duplicated++;
      } else {
        this.#times.set(mark, performance.now() - this.#begin);
      }
    }
  }
}
