import { ChangeNotifier } from "@loggregator/core";
import type { DrainMessage } from "../drainMessage.js";
import type { Receipt } from "./receipt.js";

/** Messages that one loop has taken. The loop calls `settle` when it has consumed them. */
export interface Portion {
  readonly messages: readonly DrainMessage[];
  /**
   * Ends the portion. The request is acknowledged only if the loop has consumed all of its
   * messages. If no request is waiting, messages that the loop has not received are returned to the
   * queue.
   *
   * @param received The number of messages that the loop has received.
   * @param finished The number of messages that it has consumed.
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
 * Messages between the network and the loops that consume them. While it is full, writers wait in
 * order, and do not read from the network.
 */
export class MessageQueue {
  readonly #maxSize: number;
  readonly #chunks: Chunk[] = [];
  #size = 0;
  #state: "open" | "closed" | "discarded" = "open";
  /** The callbacks that wait for room, in order. */
  readonly #writers: (() => void)[] = [];
  /** Wakes the loops that wait for messages. */
  readonly #arrivals = new ChangeNotifier();

  /** @param maxSize The number of messages at which writers wait. */
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
      this.#arrivals.notify();
    }
    return true;
  }

  /**
   * Takes up to `maxCount` messages, of one request or read. Resolves to undefined once the queue is
   * closed and empty, or when the signal aborts.
   */
  async take(maxCount: number, signal: AbortSignal): Promise<Portion | undefined> {
    while (!signal.aborted) {
      const chunk = this.#firstChunk();
      if (chunk !== undefined) {
        return this.#portionOf(chunk, maxCount);
      }
      if (this.#state !== "open") {
        return undefined;
      }
      await this.#arrivals.until(
        () => this.#firstChunk() !== undefined || this.#state !== "open",
        signal,
      );
    }
    return undefined;
  }

  /** Accepts no more messages. Queued ones can still be taken. */
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
          this.#arrivals.notify();
        }
      },
    };
  }

  #wakeWriters(): void {
    if (this.#isFull) {
      return;
    }
    // Wakes writers in order. Those for which there is no room wait again.
    for (const wake of this.#writers.splice(0)) {
      wake();
    }
  }

  #wakeAll(): void {
    this.#arrivals.notify();
    this.#wakeWriters();
  }
}
