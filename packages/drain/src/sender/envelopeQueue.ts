import { DropReporter, onAbort } from "@loggregator/core";

/** An envelope as the bytes to be sent: a message, of a gauge one for each metric. */
export interface QueuedEnvelope {
  readonly messages: readonly Uint8Array[];
  readonly bytes: number;
}

interface EnvelopeQueueOptions {
  /** In envelopes. */
  readonly maxSize: number;
  readonly maxBytes: number;
  /** Called with the number of envelopes dropped since the last call. Must not throw. */
  readonly onDropped: (count: number) => void;
}

/**
 * Envelopes to be sent, and those in flight: taken by the sender, until they were sent or rejected. If
 * there are too many, the oldest that are not in flight are dropped.
 *
 * Every envelope that entered is in exactly one count: sent, dropped or queued.
 */
export class EnvelopeQueue {
  readonly #options: EnvelopeQueueOptions;
  /** Those that were not taken. */
  #due: QueuedEnvelope[] = [];
  /** The index of the oldest one in `#due`, which moves up instead of all others. */
  #first = 0;
  /** Those that were taken. */
  #inFlight: readonly QueuedEnvelope[] = [];
  #bytes = 0;
  #state: "open" | "closed" | "discarded" = "open";
  #sent = 0;
  readonly #dropped: DropReporter;
  /** The number of envelopes that entered, and how many of these were sent, or dropped before the end. */
  #entered = 0;
  #left = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: EnvelopeQueueOptions) {
    this.#options = options;
    this.#dropped = new DropReporter(options.onDropped);
  }

  get sent(): number {
    return this.#sent;
  }

  get dropped(): number {
    return this.#dropped.total;
  }

  /** The number of envelopes that are not sent yet. */
  get size(): number {
    return this.#due.length - this.#first + this.#inFlight.length;
  }

  /** The bytes of the envelopes that have not been taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether something can be taken. */
  get isDue(): boolean {
    return this.#inFlight.length > 0 || this.#due.length > this.#first;
  }

  get closed(): boolean {
    return this.#state !== "open";
  }

  /** Adds an envelope. After `close()` it is dropped. */
  push(entry: QueuedEnvelope): void {
    if (this.#state !== "open") {
      this.refuse();
      return;
    }
    this.#entered++;
    this.#due.push(entry);
    this.#bytes += entry.bytes;
    const { maxSize, maxBytes } = this.#options;
    while ((this.size > maxSize || this.#bytes > maxBytes) && this.#due.length > this.#first) {
      this.#shift();
      this.#left++;
      this.#dropped.add(1);
    }
    this.wake();
  }

  /** Counts an envelope that did not enter as dropped. */
  refuse(): void {
    this.#dropped.add(1);
  }

  /**
   * Takes the oldest envelopes, at least one, as long as their bytes are below `maxBytes` before the
   * last one. While some are in flight, returns those.
   */
  take(maxBytes: number): readonly QueuedEnvelope[] {
    if (this.#inFlight.length > 0) {
      return this.#inFlight;
    }
    const taken: QueuedEnvelope[] = [];
    let bytes = 0;
    while (this.#due.length > this.#first && bytes < maxBytes) {
      const entry = this.#shift();
      taken.push(entry);
      bytes += entry.bytes;
    }
    this.#inFlight = taken;
    return taken;
  }

  /** So many of the envelopes in flight have been sent, from the oldest on. */
  acknowledge(count: number): void {
    if (this.#state === "discarded") {
      return;
    }
    this.#inFlight = count === this.#inFlight.length ? [] : this.#inFlight.slice(count);
    this.#sent += count;
    this.#left += count;
    this.wake();
  }

  /** Drops the envelopes in flight, which cannot be delivered. Returns how many there are. */
  reject(): number {
    const count = this.#inFlight.length;
    this.#inFlight = [];
    this.#left += count;
    this.#dropped.add(count);
    this.wake();
    return count;
  }

  /** Resolves once the condition holds, or the signal aborts. Looks at it after each change. */
  async until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
    while (!condition()) {
      if (signal.aborted) {
        return false;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          removeListener();
          resolve();
        };
        this.#waiting.add(wake);
        const removeListener = onAbort(signal, wake);
      });
    }
    return true;
  }

  /**
   * Resolves to true once all that entered so far was sent, or dropped as there was no room or no
   * attempt left; to false if the signal aborts first.
   */
  whenFlushed(signal: AbortSignal): Promise<boolean> {
    const target = this.#entered;
    return this.until(() => this.#left >= target, signal);
  }

  /** Accepts no more envelopes. */
  close(): void {
    if (this.#state === "open") {
      this.#state = "closed";
    }
    this.#dropped.close();
    this.wake();
  }

  /** Closes, and drops everything. */
  discard(): void {
    const count = this.size;
    this.#state = "discarded";
    this.#due = [];
    this.#first = 0;
    this.#inFlight = [];
    this.#bytes = 0;
    this.#dropped.close();
    if (count > 0) {
      this.#dropped.add(count);
    }
    this.wake();
  }

  #shift(): QueuedEnvelope {
    const entry = this.#due[this.#first++] as QueuedEnvelope;
    this.#bytes -= entry.bytes;
    if (this.#first > 1_000 && this.#first * 2 > this.#due.length) {
      this.#due = this.#due.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }

  /** Has those that wait look at their conditions. */
  wake(): void {
    for (const wake of this.#waiting) {
      wake();
    }
  }
}
