import type { Envelope } from "@loggregator/api";
import { delay, linkedAbortController } from "@loggregator/core";
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
  #envelopes: (Envelope | undefined)[] = [];
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  #closed = false;
  /** End the waits of the consumer and of the producer. */
  #onPush = () => {};
  #onRoom = () => {};

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** The number of envelopes that are neither sent nor dropped. */
  get size(): number {
    return this.#waiting + this.#inFlight;
  }

  get #waiting(): number {
    return this.#envelopes.length - this.#first;
  }

  /** Adds envelopes. */
  push(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      const size = envelopeSize(envelope);
      this.#envelopes.push(envelope);
      this.#sizes.push(size);
      this.#bytes += size;
    }
    this.#onPush();
  }

  /** Drops the oldest envelopes that are not in flight, until the limits hold. Returns their number. */
  trim(): number {
    let dropped = 0;
    while (this.#exceeds(0) && this.#waiting > 0) {
      this.#shift();
      dropped++;
    }
    return dropped;
  }

  /** Resolves when there is room for this number of envelopes, or nothing is buffered. */
  async whenRoom(count: number, signal: AbortSignal): Promise<void> {
    while (this.#exceeds(count) && this.size > 0 && !signal.aborted) {
      await this.#wait(signal, (wake) => {
        this.#onRoom = wake;
      });
    }
  }

  /**
   * Takes the oldest envelopes. They are in flight until `release()`.
   *
   * @param lingerMs The time to wait for more than one and less than `maxCount` of them.
   * @returns undefined once the buffer is closed and empty, or the signal aborts.
   */
  async take(
    maxCount: number,
    lingerMs: number,
    signal: AbortSignal,
  ): Promise<Envelope[] | undefined> {
    while (this.#waiting === 0) {
      if (this.#closed || signal.aborted) {
        return undefined;
      }
      await this.#waitForPush(signal);
    }
    if (lingerMs > 0) {
      await this.#linger(maxCount, lingerMs, signal);
    }
    if (signal.aborted) {
      return undefined;
    }
    // Half of the buffer stays free for new envelopes.
    const count = Math.min(this.#waiting, maxCount, Math.ceil(this.#limits.maxSize / 2));
    const taken: Envelope[] = [];
    while (taken.length < count) {
      this.#inFlightBytes += this.#sizes[this.#first] as number;
      taken.push(this.#shift());
    }
    this.#bytes += this.#inFlightBytes;
    this.#inFlight = count;
    return taken;
  }

  /** Removes the envelopes in flight. */
  release(): void {
    this.#inFlight = 0;
    this.#bytes -= this.#inFlightBytes;
    this.#inFlightBytes = 0;
    this.#onRoom();
  }

  /** Lets `take` return without delay, and end once the buffer is empty. */
  close(): void {
    this.#closed = true;
    this.#onPush();
  }

  /** Removes the envelopes that are not in flight, and returns their number. */
  clear(): number {
    const count = this.#waiting;
    this.#envelopes = [];
    this.#sizes = [];
    this.#first = 0;
    this.#bytes = this.#inFlightBytes;
    return count;
  }

  #exceeds(more: number): boolean {
    const { maxSize, maxBytes } = this.#limits;
    return this.size + more > maxSize || this.#bytes > maxBytes;
  }

  async #linger(maxCount: number, lingerMs: number, signal: AbortSignal): Promise<void> {
    const full = linkedAbortController(signal);
    const timer = delay(full.signal, lingerMs).catch(() => {});
    timer.then(full.abort);
    while (this.#waiting < maxCount && !this.#closed && !full.signal.aborted) {
      await this.#waitForPush(full.signal);
    }
    full.abort();
  }

  #waitForPush(signal: AbortSignal): Promise<void> {
    return this.#wait(signal, (wake) => {
      this.#onPush = wake;
    });
  }

  /** Waits until the function that `set` receives is called, or the signal aborts. */
  #wait(signal: AbortSignal, set: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        set(() => {});
        resolve();
      };
      signal.addEventListener("abort", wake);
      set(wake);
    });
  }

  #shift(): Envelope {
    const envelope = this.#envelopes[this.#first] as Envelope;
    this.#bytes -= this.#sizes[this.#first] as number;
    this.#envelopes[this.#first++] = undefined;
    if (this.#first > 1_024 && this.#first * 2 > this.#envelopes.length) {
      this.#envelopes = this.#envelopes.slice(this.#first);
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
    return envelope;
  }
}
