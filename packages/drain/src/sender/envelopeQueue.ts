import { DeliveryCounts, SizedQueue } from "@loggregator/core";

/** An envelope as the bytes to be sent: one message, or one per metric of a gauge. */
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
 * A bounded queue of due envelopes and of those in flight, which the sender has taken and not yet
 * sent or rejected. If the bounds are exceeded, the oldest due envelopes are dropped.
 *
 * Every envelope that was pushed counts as sent, dropped or queued.
 */
export class EnvelopeQueue {
  readonly #options: EnvelopeQueueOptions;
  /** Envelopes that were not taken. */
  readonly #due = new SizedQueue<QueuedEnvelope>();
  /** Envelopes that were taken. */
  #inFlight: readonly QueuedEnvelope[] = [];
  readonly #counts: DeliveryCounts;

  constructor(options: EnvelopeQueueOptions) {
    this.#options = options;
    this.#counts = new DeliveryCounts(options.onDropped);
  }

  get sent(): number {
    return this.#counts.sent;
  }

  get dropped(): number {
    return this.#counts.dropped;
  }

  /** The number of envelopes that are not sent yet. */
  get size(): number {
    return this.#due.length + this.#inFlight.length;
  }

  /** The bytes of the envelopes that have not been taken. */
  get bytes(): number {
    return this.#due.bytes;
  }

  /** Whether envelopes can be taken. */
  get isDue(): boolean {
    return this.#inFlight.length > 0 || this.#due.length > 0;
  }

  get closed(): boolean {
    return this.#counts.closed;
  }

  /** Adds an envelope. After `close()` it is dropped. */
  push(entry: QueuedEnvelope): void {
    if (this.closed) {
      this.refuse();
      return;
    }
    this.#due.push(entry, entry.bytes);
    const { maxSize, maxBytes } = this.#options;
    let dropped = 0;
    while ((this.size > maxSize || this.bytes > maxBytes) && this.#due.length > 0) {
      this.#due.shift();
      dropped++;
    }
    this.#counts.enter(1);
    if (dropped > 0) {
      this.#counts.drop(dropped);
    }
  }

  /** Counts an envelope that was not pushed as dropped. */
  refuse(): void {
    this.#counts.refuse(1);
  }

  /**
   * Takes the oldest envelopes, at least one, until their size reaches `maxBytes`. While some are
   * in flight, returns those.
   */
  take(maxBytes: number): readonly QueuedEnvelope[] {
    if (this.#inFlight.length > 0) {
      return this.#inFlight;
    }
    const taken: QueuedEnvelope[] = [];
    let bytes = 0;
    while (this.#due.length > 0 && bytes < maxBytes) {
      bytes += this.#due.firstBytes;
      taken.push(this.#due.shift() as QueuedEnvelope);
    }
    this.#inFlight = taken;
    return taken;
  }

  /** Marks the oldest `count` envelopes in flight as sent. */
  acknowledge(count: number): void {
    if (this.#counts.discarded) {
      return;
    }
    this.#inFlight = count === this.#inFlight.length ? [] : this.#inFlight.slice(count);
    this.#counts.send(count);
  }

  /** Drops the envelopes in flight, which cannot be delivered. Returns their number. */
  reject(): number {
    const count = this.#inFlight.length;
    this.#inFlight = [];
    this.#counts.drop(count);
    return count;
  }

  /** Resolves to true once the condition holds, or to false if the signal aborts first. */
  until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
    return this.#counts.until(condition, signal);
  }

  /**
   * Resolves to true once all envelopes pushed so far were sent or dropped; to false if the signal
   * aborts first.
   */
  whenFlushed(signal: AbortSignal): Promise<boolean> {
    return this.#counts.whenFlushed(signal);
  }

  /** Accepts no more envelopes. */
  close(): void {
    this.#counts.close();
  }

  /** Closes, and drops everything. */
  discard(): void {
    const count = this.size;
    this.#due.clear();
    this.#inFlight = [];
    this.#counts.discard(count);
  }

  /** Lets all waits check their conditions. */
  wake(): void {
    this.#counts.notify();
  }
}
