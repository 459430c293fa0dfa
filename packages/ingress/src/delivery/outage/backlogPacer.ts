import type { BatchQueue } from "../../queue/batchQueue.js";

/** The burst that the rate permits, as a time in milliseconds: 500 envelopes by default. */
const burstMs = 25;
/** The number of envelopes sent for each new one while they are emitted faster than the rate. */
const catchUpFactor = 1.25;
/** The fraction of the remaining time to close in which a backlog is sent. */
const closingShare = 0.8;

/**
 * Limits how fast the backlog of an outage is sent. A router buffers 1,000 envelopes per reader and
 * drops 1,000 when the buffer overflows: most of a backlog that is sent at once is lost behind the
 * agent.
 *
 * There is no limit before the first outage, nor after the backlog is sent. For a backlog, the
 * limit is `rate`, or more in two cases:
 * - New envelopes are emitted faster: 1.25 times as many are sent, as the backlog would never end
 *   otherwise.
 * - The client is closing and the backlog could not be sent in time: unsent envelopes are certain
 *   to be lost.
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

  /** Call it when an outage begins: the queue at the recovery is the backlog. */
  begin(): void {
    if (this.#rate === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#state = "outage";
    this.#byTime = this.#rate * burstMs;
    this.#byGrowth = 0;
  }

  /** Call it when the client is to close within `ms` milliseconds. */
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

  /** A batch was sent. */
  sent(count: number): void {
    if (this.#state === "idle") {
      return;
    }
    // The debt is bounded: otherwise, envelopes that one limit permitted would delay those of the
    // other.
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
