import type { BodyReader } from "./fetch.js";
import type { SilenceTimer } from "./silenceTimer.js";

/** Reading stops when so many bytes wait for the consumer, and goes on when half of them are taken. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Reads a body somewhat ahead of its consumer. Not for speed: when a connection breaks, `fetch`
 * drops what it has received and nobody has read yet. What is read here is kept, and the failure
 * is told after it.
 */
export class ReadAhead {
  readonly #reader: BodyReader;
  readonly #silence: SilenceTimer;
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #state: "reading" | "full" | "ended" | "failed" | "closed" = "reading";
  #error: unknown;
  #onChunk: (() => void) | undefined;
  #onRoom: (() => void) | undefined;

  /** @param silence - Is told when something is awaited from the body, and when it came. */
  constructor(reader: BodyReader, silence: SilenceTimer) {
    this.#reader = reader;
    this.#silence = silence;
    this.#readOn();
  }

  /** The next chunk, undefined at the body's end. Throws as the body does, after its last chunk. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#chunks.length === 0 && this.#state === "reading") {
      await new Promise<void>((resolve) => {
        this.#onChunk = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      if (this.#state === "failed") throw this.#error;
      return undefined;
    }
    this.#waitingBytes -= chunk.length;
    if (this.#state === "full" && this.#waitingBytes <= maxWaitingBytes / 2) {
      this.#state = "reading";
      this.#onRoom?.();
    }
    return chunk;
  }

  /** Gives the body up. */
  close(): void {
    this.#state = "closed";
    this.#onRoom?.();
    // A body that has failed rejects this with the failure, which is known.
    this.#reader.cancel().catch(() => {});
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#state === "reading") {
        this.#silence.wait();
        const { value } = await this.#reader.read();
        this.#silence.rest();
        if (value === undefined) break;
        this.#chunks.push(value);
        this.#waitingBytes += value.length;
        this.#onChunk?.();
        if (this.#waitingBytes >= maxWaitingBytes) await this.#room();
      }
      this.#end("ended");
    } catch (error) {
      this.#error = error;
      this.#end("failed");
    }
  }

  #room(): Promise<void> {
    this.#state = "full";
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  #end(state: "ended" | "failed"): void {
    this.#silence.rest();
    this.#state = state;
    this.#onChunk?.();
  }
}
