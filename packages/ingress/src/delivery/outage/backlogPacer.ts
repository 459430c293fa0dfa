import type { BatchQueue } from "../../queue/batchQueue.js";

/** The size of a burst as a duration at the rate, in milliseconds: 500 envelopes by default. */
const burstMs = 25;
/** The number of envelopes sent per new one while they are emitted faster than the rate. */
const catchUpFactor = 1.25;
/** The fraction of the remaining time to close in which a backlog is sent. */
const closingShare = 0.8;

/**
 * Limits the rate at which the backlog of an outage is sent. A router buffers 1,000 envelopes per
 * reader and drops all of them when the buffer overflows, so most of a backlog that is sent at once
 * would be lost in the router.
 *
 * There is no limit before the first outage, or after the backlog is sent. For a backlog, the limit
 * is `rate`, or more in two cases:
 * - New envelopes are emitted faster: then 1.25 times as many are sent, because the backlog would
 *   never end otherwise.
 * - The client is closing and the backlog could not be sent in time: unsent envelopes would
 *   certainly be lost.
 */
export class BacklogPacer {
  readonly #queue: BatchQueue;
  /** In envelopes per millisecond. */
  readonly #rate: number;
  #state: "idle" | "outage" | "backlog" = "idle";
  /**
   * The number of envelopes that each limit permits. The larger applies. Negative after a burst.
   */
  #byTime = 0;
  #byGrowth = 0;
  #refilledAt = 0;
  #enteredBefore = 0;
  /** The time by which the backlog must be sent. */
  #dueAt = Number.POSITIVE_INFINITY;

  /** @param rate In envelopes per second. `Infinity`: no limit. */
  constructor(queue: BatchQueue, rate: number) {
    this.#queue = queue;
    this.#rate = rate / 1_000;
  }

  /** Call it when an outage begins: the queue at the recovery is the backlog. */
  begin(): void {
    if (this.#rate === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#state = "outage";
    this.#byTime = this.#rate * burstMs;
    this.#byGrowth = 0;
  }

  /** Call it when the client must close within `ms` milliseconds. */
  closeWithin(ms: number): void {
    this.#dueAt = performance.now() + ms * closingShare;
  }

  /** Returns the time until the next batch may be sent, in milliseconds. */
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

  /** Call it when a batch was sent. */
  sent(count: number): void {
    if (this.#state === "idle") {
      return;
    }
    // The deficit is bounded: otherwise, envelopes permitted by one limit would delay those
    // permitted by the other.
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

  /** Returns the current rate. */
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
