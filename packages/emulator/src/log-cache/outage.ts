import { ComponentSwitch } from "../faults/componentFault.js";

/** The delay between a gateway's attempts grows by this factor, up to the maximum: gRPC's defaults. */
const backoffFactor = 1.6;
const maxBackoffMs = 120_000;

/** A component that becomes reachable only some time after it was started. */
export class Outage extends ComponentSwitch {
  readonly #onStop: () => void;
  readonly #lagMs: (outageMs: number) => number;
  #stoppedAt = 0;
  #reachableAt = 0;

  /**
   * @param onStop Called when it is stopped.
   * @param lagMs Returns the time from the start until it is reached, after an outage of that length.
   */
  constructor(onStop: () => void, lagMs: (outageMs: number) => number) {
    super();
    this.#onStop = onStop;
    this.#lagMs = lagMs;
  }

  /** Whether the component cannot be reached: it is stopped, or was started too recently. */
  get isUnreachable(): boolean {
    return this.stopped || performance.now() < this.#reachableAt;
  }

  override stop(): void {
    if (!this.stopped) {
      this.#stoppedAt = performance.now();
      super.stop();
    }
    this.#onStop();
  }

  override start(): void {
    if (this.stopped) {
      const now = performance.now();
      this.#reachableAt = now + this.#lagMs(now - this.#stoppedAt);
      super.start();
    }
  }

  /** Starts the component, so that it is reachable immediately. */
  end(): void {
    super.start();
    this.#reachableAt = 0;
  }
}

/**
 * Returns the time until the next attempt of a gateway to connect, after an outage of `outageMs`.
 * The first attempt, when the connection is lost, fails. Real delays differ by up to 20 %.
 *
 * @param firstDelayMs The delay after the first attempt; 0 if the gateway connects at once.
 */
export function nextAttemptMs(firstDelayMs: number, outageMs: number): number {
  if (firstDelayMs === 0) {
    return 0;
  }
  let attemptMs = 0;
  for (let delayMs = firstDelayMs; attemptMs < outageMs; ) {
    attemptMs += delayMs;
    delayMs = Math.max(firstDelayMs, Math.min(delayMs * backoffFactor, maxBackoffMs));
  }
  return attemptMs - outageMs;
}
