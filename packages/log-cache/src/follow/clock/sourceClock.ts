import { earlier, later, nanoseconds } from "../../client/times.js";

/**
 * The number of envelopes ahead of the server's clock after which the source's clock is used
 * instead.
 */
const minEvidence = 20;

/**
 * The tolerance in nanoseconds: the server's clock has a resolution of one second, and the clocks
 * of sources may differ slightly. If a clock goes back by more than this, it was set back.
 */
export const clockTolerance = 2_000_000_000n;

interface Evidence {
  envelopes: number;
  /** The smallest lead of these envelopes over the server's clock, in nanoseconds. */
  ahead: bigint;
}

/**
 * Limits the progress of a source by the server's clock. An envelope from the future must not move
 * the overlap window, as current ones would then be too late. But if all envelopes are ahead of the
 * server, it is the server's clock that is wrong.
 */
export class SourceClock {
  readonly #periodMs: number;
  /** The server's time at the origin of the monotonic clock, or slightly less. */
  #origin: bigint | undefined;
  #isKnown = false;
  #periodStart = 0;
  #previous = noEvidence();
  #current = noEvidence();

  /** @param periodMs The time for which envelopes count as evidence, in milliseconds. */
  constructor(periodMs: number) {
    this.#periodMs = Math.max(periodMs, 1_000);
  }

  /** Whether the server's time is known. Otherwise, the client's time is used. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Records the server's time in a response; `now` is monotonic, in milliseconds. */
  setServerTime(serverTime: bigint | undefined, now: number): void {
    this.#isKnown = serverTime !== undefined;
    const origin = (serverTime ?? BigInt(Date.now()) * 1_000_000n) - nanoseconds(now);
    const last = this.#origin ?? origin;
    this.#origin = origin < last - clockTolerance ? origin : later(last, origin);
    if (this.#origin < last || this.#origin > last + clockTolerance) {
      // The clock was set: leads over its old time are meaningless.
      this.#previous = noEvidence();
      this.#current = noEvidence();
    }
  }

  /** Records an envelope that has just been read for the first time. */
  note(timestamp: bigint, now: number): void {
    if (now - this.#periodStart > this.#periodMs) {
      this.#previous = this.#current;
      this.#current = noEvidence();
      this.#periodStart = now;
    }
    const ahead = timestamp - this.serverTime(now);
    const current = this.#current;
    current.ahead = earlier(current.envelopes === 0 ? undefined : current.ahead, ahead);
    current.envelopes++;
  }

  /** Returns the latest plausible time of the source. */
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
    return this.serverTime(now) + ahead;
  }

  /** Returns the server's time, within about a second. */
  serverTime(now: number): bigint {
    return (this.#origin ?? 0n) + nanoseconds(now);
  }
}

function noEvidence(): Evidence {
  return { envelopes: 0, ahead: 0n };
}
