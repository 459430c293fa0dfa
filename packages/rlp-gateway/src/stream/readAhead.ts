import { formatValue, invokeCallback, OptionTypeError, type StallTimer } from "@loggregator/core";
import type { BodyReader } from "@loggregator/core/http";

/** The number of pending bytes at which reading pauses. It resumes at half of it. */
const maxPendingBytes = 1024 * 1024;

/** The bytes counted for a chunk in addition to its length, to bound bodies of tiny chunks. */
const chunkBytes = 100;

/**
 * Reads a body ahead of its consumer, because `fetch` drops received but unread data when a
 * connection breaks. Data read here is kept, and the failure is reported after it.
 */
export class ReadAhead {
  readonly #reader: BodyReader;
  readonly #stall: StallTimer;
  readonly #chunks: Uint8Array[] = [];
  #pendingBytes = 0;
  #state: "reading" | "ended" | "failed" | "closed" = "reading";
  #error: unknown;
  #onChunk = () => {};
  #onRoom = () => {};

  /** @param stall Started while a chunk is awaited from the body. */
  constructor(reader: BodyReader, stall: StallTimer) {
    this.#reader = reader;
    this.#stall = stall;
    void this.#read();
  }

  /**
   * Returns the next chunk; undefined at the end of the body. Throws the body's error after its
   * last chunk.
   */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#chunks.length === 0 && this.#state === "reading") {
      await new Promise<void>((resolve) => {
        this.#onChunk = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      if (this.#state === "failed") {
        throw this.#error;
      }
      return undefined;
    }
    this.#pendingBytes -= chunk.length + chunkBytes;
    if (this.#pendingBytes <= maxPendingBytes / 2) {
      this.#onRoom();
    }
    return chunk;
  }

  /** Closes the body. Chunks that were read can still be taken. */
  close(): void {
    this.#end("closed");
    this.#onRoom();
    // Rejects if the body has failed.
    invokeCallback(
      () => this.#reader.cancel(),
      () => {},
    );
  }

  async #read(): Promise<void> {
    try {
      while (this.#state === "reading") {
        this.#stall.progress();
        const { value } = await this.#reader.read();
        this.#stall.pause();
        if (value === undefined) {
          break;
        }
        if (!ArrayBuffer.isView(value)) {
          throw new OptionTypeError(
            "fetch",
            "a function that resolves to a Response of bytes",
            formatValue(value),
          );
        }
        this.#chunks.push(value);
        this.#pendingBytes += value.length + chunkBytes;
        this.#onChunk();
        if (this.#pendingBytes >= maxPendingBytes && this.#state === "reading") {
          await new Promise<void>((resolve) => {
            this.#onRoom = resolve;
          });
        }
      }
      this.#end("ended");
    } catch (error) {
      this.#error = error;
      this.#end("failed");
    }
  }

  #end(state: "ended" | "failed" | "closed"): void {
    if (this.#state === "closed") {
      return;
    }
    this.#stall.pause();
    this.#state = state;
    this.#onChunk();
  }
}
