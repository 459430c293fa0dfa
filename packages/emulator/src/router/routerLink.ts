import type { Realism } from "../emulator.js";
import type { ComponentFault } from "../faults/componentFault.js";

/**
 * The RLP's delay after its first failed attempt, in milliseconds; ten times as long after each
 * further one.
 */
const firstDelayMs = 1;
/** The delay does not grow once it is longer than this, so the longest one is 100 s. */
const growthLimitMs = 60_000;

/**
 * The availability of the router for the RLP's streams. With `realism: "strict"`, a stream that has
 * lost the router, or was opened while it was unavailable, subscribes again as the RLP does:
 * immediately, and after further failed attempts with delays of 1, 10 and 100 ms, 1 and 10 s, and
 * then always 100 s.
 */
export class RouterLink implements ComponentFault {
  readonly #retries: boolean;
  readonly #subscriptions = new Set<Subscription>();
  #isRunning = true;

  constructor(realism: Realism) {
    this.#retries = realism === "strict";
  }

  /** Whether the router accepts envelopes. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Subscribes a stream of the RLP whenever it reaches the router, until the returned function is
   * called.
   *
   * @param connect Subscribes at the router. Returns a function that ends that.
   */
  subscribe(connect: () => () => void): () => void {
    if (!this.#retries) {
      return connect();
    }
    const subscription = new Subscription(() => (this.#isRunning ? connect() : undefined));
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      subscription.close();
    };
  }

  stop(): void {
    if (!this.#isRunning) {
      return;
    }
    this.#isRunning = false;
    for (const subscription of this.#subscriptions) {
      subscription.reconnect();
    }
  }

  start(): void {
    this.#isRunning = true;
  }
}

/** The subscription of one stream at a router that may be unavailable. */
class Subscription {
  readonly #tryConnect: () => (() => void) | undefined;
  #disconnect: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param tryConnect Returns undefined if the router is unavailable. */
  constructor(tryConnect: () => (() => void) | undefined) {
    this.#tryConnect = tryConnect;
    this.#attempt(firstDelayMs);
  }

  /** Attempts a new connection after one was lost. */
  reconnect(): void {
    this.close();
    this.#attempt(firstDelayMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#disconnect?.();
    this.#disconnect = undefined;
  }

  #attempt(delayMs: number): void {
    this.#disconnect = this.#tryConnect();
    if (this.#disconnect === undefined) {
      const next = delayMs < growthLimitMs ? 10 * delayMs : delayMs;
      this.#timer = setTimeout(() => this.#attempt(next), delayMs);
    }
  }
}
