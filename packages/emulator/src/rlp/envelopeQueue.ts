import { onAbort } from "@loggregator/core";
import { type EncodedEnvelope, memoryOf } from "../wire/encodedEnvelope.js";
import type { BufferBudget } from "./bufferBudget.js";

const initialSlots = 64;

/**
 * The envelopes that are buffered for one reader. Bounded in envelopes and in bytes: while it is
 * full, new envelopes are dropped, as the RLP does. For one consumer.
 */
export class EnvelopeQueue {
  readonly #capacity: number;
  readonly #budget: BufferBudget;
  /** A ring that grows up to the capacity. */
  #slots: (EncodedEnvelope | undefined)[] = new Array(initialSlots);
  #head = 0;
  #length = 0;
  #bytes = 0;
  #wakeAt = 1;
  #wake: (() => void) | undefined;

  /** @param capacity In envelopes. */
  constructor(capacity: number, budget: BufferBudget) {
    this.#capacity = capacity;
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** Returns false if the envelope was dropped. */
  push(envelope: EncodedEnvelope): boolean {
    const bytes = memoryOf(envelope);
    if (this.#length === this.#capacity || !this.#budget.allows(this.#bytes, bytes)) {
      return false;
    }
    this.#budget.take(bytes);
    this.#bytes += bytes;
    if (this.#length === this.#slots.length) {
      this.#grow();
    }
    this.#slots[(this.#head + this.#length) % this.#slots.length] = envelope;
    this.#length += 1;
    if (this.#length >= this.#wakeAt) {
      this.#wake?.();
    }
    return true;
  }

  /** Removes and returns up to `max` envelopes, the oldest first. */
  take(max: number): EncodedEnvelope[] {
    const count = Math.min(max, this.#length);
    const taken = new Array<EncodedEnvelope>(count);
    let bytes = 0;
    for (let i = 0; i < count; i += 1) {
      const envelope = this.#slots[this.#head] as EncodedEnvelope;
      taken[i] = envelope;
      bytes += memoryOf(envelope);
      this.#slots[this.#head] = undefined;
      this.#head = this.#head + 1 === this.#slots.length ? 0 : this.#head + 1;
    }
    this.#length -= count;
    this.#bytes -= bytes;
    this.#budget.release(bytes);
    return taken;
  }

  /** Drops all buffered envelopes. Returns their number. */
  clear(): number {
    const { length } = this.take(this.#length);
    this.#slots = new Array(initialSlots);
    this.#head = 0;
    return length;
  }

  /**
   * Resolves when `count` envelopes are buffered (or as many as fit), when `withinMs` have passed,
   * or when the signal aborts.
   */
  wait(count: number, signal: AbortSignal, withinMs?: number): Promise<void> {
    const wakeAt = Math.min(count, this.#capacity);
    if (this.#length >= wakeAt || signal.aborted) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const done = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        unlink();
        resolve();
      };
      if (withinMs !== undefined) {
        timer = setTimeout(done, withinMs);
      }
      this.#wakeAt = wakeAt;
      this.#wake = done;
      const unlink = onAbort(signal, done);
    });
  }

  #grow(): void {
    const oldest = this.#slots.slice(this.#head);
    const newest = this.#slots.slice(0, this.#head);
    this.#slots = oldest.concat(newest);
    this.#slots.length = Math.min(2 * this.#slots.length, this.#capacity);
    this.#head = 0;
  }
}
