import type { Envelope } from "@loggregator/api";

/**
 * What waits for one reader: bounded, and the oldest gives way to the newest. For one consumer.
 */
export class EnvelopeQueue {
  readonly #capacity: number;
  readonly #onDropped: () => void;
  readonly #slots: (Envelope | undefined)[] = [];
  #head = 0;
  #length = 0;
  #wakeAt = 1;
  #wake: (() => void) | undefined;

  /**
   * @param capacity in envelopes
   * @param onDropped told of each envelope that gave way
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
      this.shift();
      this.#onDropped();
    }
    this.#slots[(this.#head + this.#length) % this.#capacity] = envelope;
    this.#length += 1;
    if (this.#length >= this.#wakeAt) {
      this.#wake?.();
    }
  }

  shift(): Envelope | undefined {
    if (this.#length === 0) {
      return undefined;
    }
    const envelope = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#capacity;
    this.#length -= 1;
    return envelope;
  }

  /** Up to `max` of the oldest. */
  take(max: number): Envelope[] {
    const taken: Envelope[] = [];
    while (taken.length < max) {
      const envelope = this.shift();
      if (envelope === undefined) {
        break;
      }
      taken.push(envelope);
    }
    return taken;
  }

  /**
   * Resolves when `count` envelopes wait (or as many as fit), when `withinMs` have passed, or when
   * the signal aborts.
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
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (withinMs !== undefined) {
        timer = setTimeout(done, withinMs);
      }
      this.#wakeAt = wakeAt;
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
