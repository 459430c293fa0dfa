import { linkedAbortController } from "@loggregator/core";

/** Reads several streams as one, to which streams can be added. Each waits until its batch is read. */
export class MergedStreams<T> implements AsyncIterable<T> {
  readonly #reading;
  readonly #waiting: { readonly value: T; readonly taken: () => void }[] = [];
  #running = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake = () => {};

  constructor(signal: AbortSignal) {
    this.#reading = linkedAbortController(signal);
  }

  /** Adds a stream, which ends when its signal aborts. */
  add(open: (signal: AbortSignal) => AsyncIterable<T>): void {
    this.#running += 1;
    void this.#pump(open(this.#reading.signal));
  }

  /** Ends when all streams have ended. Throws the first error of a stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          yield next.value;
          next.taken();
        } else if (this.#failure !== undefined) {
          throw this.#failure.error;
        } else if (this.#running === 0) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#reading.abort();
      for (const { taken } of this.#waiting.splice(0)) {
        taken();
      }
    }
  }

  async #pump(stream: AsyncIterable<T>): Promise<void> {
    try {
      for await (const value of stream) {
        if (this.#reading.signal.aborted) {
          break;
        }
        await new Promise<void>((taken) => {
          this.#waiting.push({ value, taken });
          this.#wake();
        });
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#running -= 1;
      this.#wake();
    }
  }
}
