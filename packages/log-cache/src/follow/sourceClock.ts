import { earlier, later } from "../client/times.js";

/** So many envelopes must be ahead of the server's clock before the source's clock is believed. */
const minEvidence = 100;

/** The server's clock was set if it is further behind what it was: it is sent in whole seconds. */
const maxBehind = 2_000_000_000n;

interface Evidence {
  envelopes: number;
  /** By how much the least advanced of them was ahead of the server, in nanoseconds. */
  ahead: bigint;
}

/**
 * Says how far a source may have come, by the server's clock. An envelope from the future must not
 * move the overlap window: those of the present would come too late. But where all envelopes are
 * ahead of the server, its clock is the wrong one.
 */
export class SourceClock {
  readonly #periodMs: number;
  /** The server's time at the beginning of the monotonic clock, or somewhat less. */
  #origin: bigint | undefined;
  #periodStart = 0;
  #previous: Evidence = { envelopes: 0, ahead: 0n };
  #current: Evidence = { envelopes: 0, ahead: 0n };

  /** @param periodMs How long envelopes count as evidence. */
  constructor(periodMs: number) {
    this.#periodMs = Math.max(periodMs, 1_000);
  }

  /** Notes what a response says about the server's clock; `now` is monotonic, in milliseconds. */
  setServerTime(serverTime: bigint | undefined, now: number): void {
    const origin = (serverTime ?? BigInt(Date.now()) * 1_000_000n) - nanoseconds(now);
    const last = this.#origin;
    this.#origin = last === undefined || origin < last - maxBehind ? origin : later(last, origin);
  }

  /** Notes an envelope that has just been read for the first time. */
  note(timestamp: bigint, now: number): void {
    if (now - this.#periodStart > this.#periodMs) {
      this.#previous = this.#current;
      this.#current = { envelopes: 0, ahead: 0n };
      this.#periodStart = now;
    }
    const ahead = timestamp - this.#now(now);
    const current = this.#current;
    current.ahead = earlier(current.envelopes === 0 ? undefined : current.ahead, ahead);
    current.envelopes++;
  }

  /** The latest time at which the source may be. */
  latest(now: number): bigint {
    let envelopes = 0;
    let least: bigint | undefined;
    for (const evidence of [this.#previous, this.#current]) {
      if (evidence.envelopes > 0) {
        envelopes += evidence.envelopes;
        least = earlier(least, evidence.ahead);
      }
    }
    const ahead = envelopes >= minEvidence ? later(least, 0n) : 0n;
    return this.#now(now) + ahead;
  }

  #now(now: number): bigint {
    return (this.#origin ?? 0n) + nanoseconds(now);
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
