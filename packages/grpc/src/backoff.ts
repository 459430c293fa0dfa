import { positiveMs } from "./arguments.js";

/** How long to wait between attempts. The names are those of nice-grpc's retry middleware. */
export interface BackoffOptions {
  /** About how long to wait after the first failure, in milliseconds. Default: 50. */
  readonly retryBaseDelayMs?: number | undefined;
  /** How long to wait at most, in milliseconds. Default: 5,000. */
  readonly retryMaxDelayMs?: number | undefined;
}

/**
 * Grows the wait between attempts from the base to the maximum, twofold each time, each drawn at
 * random from its upper half, so that clients that failed together don't come back together.
 */
export class Backoff {
  /** The delays as they are, defaults filled in. */
  readonly delays: { readonly retryBaseDelayMs: number; readonly retryMaxDelayMs: number };
  #failures = 0;

  /** @throws RangeError for delays that are no positive numbers. */
  constructor(options: BackoffOptions = {}) {
    this.delays = {
      retryBaseDelayMs: positiveMs("retryBaseDelayMs", options.retryBaseDelayMs ?? 50),
      retryMaxDelayMs: positiveMs("retryMaxDelayMs", options.retryMaxDelayMs ?? 5_000),
    };
  }

  /** How many failures there have been since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and says how long to wait, in milliseconds. */
  next(): number {
    const { retryBaseDelayMs, retryMaxDelayMs } = this.delays;
    const delay = Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** this.#failures++);
    return delay * (0.5 + Math.random() / 2);
  }

  /** It works again: the next failure is a first one. */
  reset(): void {
    this.#failures = 0;
  }
}
