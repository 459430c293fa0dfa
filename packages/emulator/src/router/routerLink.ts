import type { Realism } from "../emulator.js";
import type { ComponentFault } from "../faults/componentFault.js";

/** When the RLP tries to reconnect after it lost the router, and then each time the last of them. */
const retryMs = [1, 10, 100, 1000, 10_000, 100_000];

/** The router's availability, as the RLP's streams experience it. */
export class RouterLink implements ComponentFault {
  readonly #realism: Realism;
  #isRunning = true;
  #isConnected = true;
  #stoppedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(realism: Realism) {
    this.#realism = realism;
  }

  /** Whether envelopes pass. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  stop(): void {
    if (!this.#isRunning) {
      return;
    }
    this.#isRunning = false;
    this.#isConnected = false;
    this.#stoppedAt = performance.now();
    clearTimeout(this.#timer);
  }

  start(): void {
    if (this.#isRunning) {
      return;
    }
    this.#isRunning = true;
    if (this.#realism === "kind") {
      this.#isConnected = true;
    } else {
      this.#timer = setTimeout(() => this.#connect(), this.#nextTryMs());
    }
  }

  /** Clears the timer. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #connect(): void {
    this.#isConnected = true;
  }

  /** The time until the RLP's next attempt. */
  #nextTryMs(): number {
    const passed = performance.now() - this.#stoppedAt;
    const next = retryMs.find((ms) => ms >= passed);
    const last = retryMs.at(-1) as number;
    return (next ?? Math.ceil(passed / last) * last) - passed;
  }
}
