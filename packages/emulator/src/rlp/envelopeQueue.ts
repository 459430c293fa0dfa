import type { Envelope } from "@loggregator/api";

const initialSlots = 64;

/**
 * The envelopes that are buffered for one reader. Bounded: while it is full, new envelopes are
 * dropped, as the RLP does. For one consumer.
 */
export class EnvelopeQueue {
  readonly #capacity: number;
  readonly #onDropped: () => void;
  /** A ring that grows up to the capacity. */
  #slots: (Envelope | undefined)[] = new Array(initialSlots);
  #head = 0;
  #length = 0;
  #wakeAt = 1;
  #wake: (() => void) | undefined;

  /**
   * @param capacity In envelopes.
   * @param onDropped Called for each envelope that is dropped.
   */
  constructor(capacity: number, onDropped: () => void) {
    this.#capacity = capacity;
    this.#onDropped = onDropped;
  }

  get length(): number {
    return this.#length;
  }

  push(envelope: Envelope): void {
    if (this.#length === this.#capacity) {
      this.#onDropped();
      return;
    }
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) % this.#slots.length] = envelope;
    this.#length += 1;
    if (this.#length >= this.#wakeAt) this.#wake?.();
  }

  shift(): Envelope | undefined {
    if (this.#length === 0) return undefined;
    const envelope = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#length -= 1;
    return envelope;
  }

  /** Removes and returns up to `max` envelopes, the oldest first. */
  take(max: number): Envelope[] {
    const taken: Envelope[] = [];
    while (taken.length < max) {
      const envelope = this.shift();
      if (envelope === undefined) break;
      taken.push(envelope);
    }
    return taken;
  }

  /**
   * Resolves when `count` envelopes are buffered (or as many as fit), when `withinMs` have passed,
   * or when the signal aborts.
   */
  wait(count: number, signal: AbortSignal, withinMs?: number): Promise<void> {
    const wakeAt = Math.min(count, this.#capacity);
    if (this.#length >= wakeAt || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const done = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (withinMs !== undefined) timer = setTimeout(done, withinMs);
      this.#wakeAt = wakeAt;
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #grow(): void {
    const oldest = this.#slots.slice(this.#head);
    const newest = this.#slots.slice(0, this.#head);
    this.#slots = [...oldest, ...newest];
    this.#slots.length = Math.min(2 * this.#slots.length, this.#capacity);
    this.#head = 0;
  }
}
