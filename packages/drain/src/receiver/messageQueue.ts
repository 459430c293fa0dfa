import { onAbort } from "@loggregator/core";
import type { DrainMessage } from "./drainMessage.js";
import type { Receipt } from "./receipt.js";

/** Messages that one loop has taken. It calls `settle` when it has finished with them. */
export interface Portion {
  readonly messages: readonly DrainMessage[];
  /**
   * Unless the loop has finished with all messages, their request is not acknowledged. Without a
   * request that waits for that, those that the loop has not received go back into the queue.
   *
   * @param received How many of the messages the loop has received.
   * @param finished How many of them it has finished with.
   */
  settle(received: number, finished: number): void;
}

interface Chunk {
  readonly messages: readonly DrainMessage[];
  readonly receipt: Receipt | undefined;
  /** The index of the first message that was not taken. */
  next: number;
}

/**
 * Messages between the network and the loops that consume them. A full queue makes those wait that
 * add to it, in order, and they stop reading.
 */
export class MessageQueue {
  readonly #maxSize: number;
  readonly #chunks: Chunk[] = [];
  #size = 0;
  #state: "open" | "closed" | "discarded" = "open";
  /** Waiting for room, in order. */
  readonly #writers: (() => void)[] = [];
  /** Waiting for messages. */
  readonly #readers = new Set<() => void>();

  /** @param maxSize The number of messages from which on writers wait. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** The number of messages that no loop has taken. */
  get size(): number {
    return this.#size;
  }

  /** Adds messages if there is room for the first one. Returns false if there is none. */
  tryPush(messages: readonly DrainMessage[]): boolean {
    if (this.#isFull) {
      return false;
    }
    this.#push(messages, undefined);
    return true;
  }

  /** Waits for room, and adds messages. Resolves to false if the queue was closed before. */
  async push(messages: readonly DrainMessage[], receipt?: Receipt): Promise<boolean> {
    while (this.#isFull) {
      await new Promise<void>((resolve) => this.#writers.push(resolve));
    }
    return this.#push(messages, receipt);
  }

  get #isFull(): boolean {
    return this.#state === "open" && this.#size >= this.#maxSize;
  }

  #push(messages: readonly DrainMessage[], receipt: Receipt | undefined): boolean {
    if (this.#state !== "open") {
      receipt?.fail();
      return false;
    }
    if (messages.length > 0 && !receipt?.failed) {
      this.#chunks.push({ messages, receipt, next: 0 });
      this.#size += messages.length;
      this.#wakeReaders();
    }
    return true;
  }

  /**
   * Takes up to `maxCount` messages, of one request or read. Resolves to undefined once the queue is
   * closed and empty, or when the signal aborts.
   */
  async take(maxCount: number, signal: AbortSignal): Promise<Portion | undefined> {
    for (;;) {
      if (signal.aborted) {
        return undefined;
      }
      const chunk = this.#firstChunk();
      if (chunk !== undefined) {
        return this.#portionOf(chunk, maxCount);
      }
      if (this.#state !== "open") {
        return undefined;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#readers.delete(wake);
          removeListener();
          resolve();
        };
        this.#readers.add(wake);
        const removeListener = onAbort(signal, wake);
      });
    }
  }

  /** Accepts no more messages. Those that it has can still be taken. */
  close(): void {
    if (this.#state === "open") {
      this.#state = "closed";
    }
    this.#wakeAll();
  }

  /** Closes, and drops all messages. Their requests are not acknowledged. */
  discard(): void {
    this.#state = "discarded";
    for (const { receipt } of this.#chunks.splice(0)) {
      receipt?.fail();
    }
    this.#size = 0;
    this.#wakeAll();
  }

  /** The first chunk whose request can still be acknowledged. */
  #firstChunk(): Chunk | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      if (!chunk.receipt?.failed) {
        return chunk;
      }
      this.#chunks.shift();
      this.#size -= chunk.messages.length - chunk.next;
    }
    return undefined;
  }

  #portionOf(chunk: Chunk, maxCount: number): Portion {
    const { receipt, next } = chunk;
    const all = chunk.messages;
    const end = Math.min(all.length, next + maxCount);
    const messages = next === 0 && end === all.length ? all : all.slice(next, end);
    chunk.next = end;
    if (end === all.length) {
      this.#chunks.shift();
    }
    this.#size -= messages.length;
    this.#wakeWriters();
    return {
      messages,
      settle: (received, finished) => {
        if (receipt !== undefined) {
          if (finished === messages.length) {
            receipt.finish(finished);
          } else {
            receipt.fail();
          }
        } else if (received < messages.length && this.#state !== "discarded") {
          const rest = messages.slice(received);
          this.#chunks.unshift({ messages: rest, receipt, next: 0 });
          this.#size += rest.length;
          this.#wakeReaders();
        }
      },
    };
  }

  #wakeReaders(): void {
    for (const wake of this.#readers) {
      wake();
    }
  }

  #wakeWriters(): void {
    if (this.#isFull) {
      return;
    }
    // In order. Those for whom there is no room any more wait again.
    for (const wake of this.#writers.splice(0)) {
      wake();
    }
  }

  #wakeAll(): void {
    this.#wakeReaders();
    this.#wakeWriters();
  }
}
