import type { Envelope } from "@loggregator/api";
import { ChangeNotifier, delay, linkedAbortController, SizedQueue } from "@loggregator/core";
import { envelopeSize } from "../../text/envelopeSize.js";

export interface BufferLimits {
  /** In envelopes, those in flight included. */
  readonly maxSize: number;
  /** The estimated memory in bytes. */
  readonly maxBytes: number;
}

/**
 * A bounded buffer of received envelopes, including those in flight: taken, and not yet sent or
 * dropped.
 */
export class EnvelopeBuffer {
  readonly #limits: BufferLimits;
  /** Those that were not taken. */
  readonly #waiting = new SizedQueue<Envelope>();
  #inFlight = 0;
  #inFlightBytes = 0;
  #closed = false;
  /** Wakes the consumer and the producer. */
  readonly #changes = new ChangeNotifier();

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** The number of envelopes that are neither sent nor dropped. */
  get size(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** Adds envelopes. */
  push(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      this.#waiting.push(envelope, envelopeSize(envelope));
    }
    this.#changes.notify();
  }

  /** Drops the oldest envelopes that are not in flight, until the limits hold. Returns their number. */
  trim(): number {
    let dropped = 0;
    while (this.#exceeds(0) && this.#waiting.length > 0) {
      this.#waiting.shift();
      dropped++;
    }
    return dropped;
  }

  /** Resolves when there is room for this number of envelopes, or nothing is buffered. */
  async whenRoom(count: number, signal: AbortSignal): Promise<void> {
    await this.#changes.until(() => !this.#exceeds(count) || this.size === 0, signal);
  }

  /**
   * Takes the oldest envelopes. They are in flight until `release()`.
   *
   * @param lingerMs The time in milliseconds to wait for more of them while there are fewer than
   * `maxCount`.
   * @returns undefined once the buffer is closed and empty, or the signal aborts.
   */
  async take(
    maxCount: number,
    lingerMs: number,
    signal: AbortSignal,
  ): Promise<Envelope[] | undefined> {
    await this.#changes.until(() => this.#waiting.length > 0 || this.#closed, signal);
    if (this.#waiting.length === 0) {
      return undefined;
    }
    if (lingerMs > 0) {
      await this.#linger(maxCount, lingerMs, signal);
    }
    if (signal.aborted) {
      return undefined;
    }
    // Half of the buffer stays free for new envelopes.
    const count = Math.min(this.#waiting.length, maxCount, Math.ceil(this.#limits.maxSize / 2));
    const taken: Envelope[] = [];
    while (taken.length < count) {
      this.#inFlightBytes += this.#waiting.firstBytes;
      taken.push(this.#waiting.shift() as Envelope);
    }
    this.#inFlight = count;
    return taken;
  }

  /** Removes the envelopes in flight. */
  release(): void {
    this.#inFlight = 0;
    this.#inFlightBytes = 0;
    this.#changes.notify();
  }

  /** Lets `take` return without delay, and end once the buffer is empty. */
  close(): void {
    this.#closed = true;
    this.#changes.notify();
  }

  /** Removes the envelopes that are not in flight, and returns their number. */
  clear(): number {
    return this.#waiting.clear();
  }

  #exceeds(more: number): boolean {
    const { maxSize, maxBytes } = this.#limits;
    return this.size + more > maxSize || this.#waiting.bytes + this.#inFlightBytes > maxBytes;
  }

  async #linger(maxCount: number, lingerMs: number, signal: AbortSignal): Promise<void> {
    const full = linkedAbortController(signal);
    const timer = delay(full.signal, lingerMs).catch(() => {});
    timer.then(full.abort);
    await this.#changes.until(() => this.#waiting.length >= maxCount || this.#closed, full.signal);
    full.abort();
  }
}
