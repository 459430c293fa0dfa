import type { BatchQueue } from "../queue/batchQueue.js";

/** The burst that the rate permits, as a time in milliseconds: 500 envelopes by default. */
const burstMs = 25;
/** While new envelopes enter faster than the rate, this many are sent for each of them. */
const catchUpFactor = 1.25;
/** The part of the time to close in which a backlog is to be sent. */
const closingShare = 0.8;

/**
 * Limits how fast the backlog of an outage is sent. A router keeps 1,000 envelopes for each reader
 * and drops 1,000 if there are more: a backlog that is sent at once is mostly lost behind the agent.
 *
 * There is no limit before the first outage, nor once a backlog is sent. While there is one, the
 * limit is `rate`, or more in two cases:
 * - New envelopes enter faster: 1.25 times as many are sent, or else the backlog would never end.
 * - The client closes, and the backlog would not be sent in time: what can't be sent is lost for
 *   certain.
 */
export class BacklogPacer {
  readonly #queue: BatchQueue;
  /** In envelopes per millisecond. */
  readonly #rate: number;
  #state: "idle" | "outage" | "backlog" = "idle";
  /** The number of envelopes that each limit permits; the larger one applies. Negative after a burst. */
  #byTime = 0;
  #byGrowth = 0;
  #refilledAt = 0;
  #enteredBefore = 0;
  /** When the backlog must be sent. */
  #dueAt = Number.POSITIVE_INFINITY;

  /** @param rate In envelopes per second. `Infinity`: no limit. */
  constructor(queue: BatchQueue, rate: number) {
    this.#queue = queue;
    this.#rate = rate / 1_000;
  }

  /** There is an outage: what is queued when sending works again is a backlog. */
  begin(): void {
    if (this.#rate === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#state = "outage";
    this.#byTime = this.#rate * burstMs;
    this.#byGrowth = 0;
  }

  /** The client closes `ms` milliseconds from now. */
  closeWithin(ms: number): void {
    this.#dueAt = performance.now() + ms * closingShare;
  }

  /** Returns in how many milliseconds the next batch may be sent; 0 for now. */
  delayMs(): number {
    if (this.#state === "idle") {
      return 0;
    }
    const rate = this.#refill();
    return this.#allowance > 0 ? 0 : Math.ceil(-this.#byTime / rate) + 1;
  }

  /** The number of envelopes that may be sent in one batch now. */
  get maxCount(): number {
    return this.#state === "idle"
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.ceil(this.#allowance));
  }

  /** A batch was sent. */
  sent(count: number): void {
    if (this.#state === "idle") {
      return;
    }
    // A debt is limited, or else what one limit allowed would have to be waited for with the other.
    const floor = -Math.max(count, this.#rate * burstMs);
    this.#byTime = Math.max(floor, this.#byTime - count);
    this.#byGrowth = Math.max(floor, this.#byGrowth - count);
    if (this.#queue.due === 0) {
      this.#state = "idle";
    }
  }

  get #allowance(): number {
    return Math.max(this.#byTime, this.#byGrowth);
  }

  /** Returns the rate of the moment. */
  #refill(): number {
    const now = performance.now();
    const { entered, queued } = this.#queue;
    const rate = Math.max(this.#rate, queued / Math.max(1, this.#dueAt - now));
    if (this.#state === "backlog") {
      const allowed = this.#byTime + (now - this.#refilledAt) * rate;
      this.#byTime = Math.min(allowed, rate * burstMs);
      this.#byGrowth += (entered - this.#enteredBefore) * catchUpFactor;
    }
    this.#state = "backlog";
    this.#refilledAt = now;
    this.#enteredBefore = entered;
    return rate;
  }
}
