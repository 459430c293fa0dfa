import { expectInTime } from "./recovery.js";
import { Starvation } from "./starvation.js";

/** When a fault that is over at once came, and when a client was back. */
export class FaultTimeline implements Disposable {
  /** From the fault to the first envelope behind it, in milliseconds. */
  recoveredMs: number | undefined;
  #inflictedAt: number | undefined;
  readonly #starvation = new Starvation();
  #starvedMs = 0;

  get inflicted(): boolean {
    return this.#inflictedAt !== undefined;
  }

  /** The fault comes, if it has not come yet. */
  inflict(): void {
    if (this.inflicted) {
      return;
    }
    this.#inflictedAt = performance.now();
    this.#starvedMs = this.#starvation.starvedMs;
  }

  /** An envelope from behind the fault comes through. */
  recover(): void {
    if (this.#inflictedAt === undefined || this.recoveredMs !== undefined) {
      return;
    }
    this.recoveredMs = performance.now() - this.#inflictedAt;
    this.#starvedMs = this.#starvation.starvedMs - this.#starvedMs;
  }

  expectInTime(client: string): void {
    if (this.recoveredMs !== undefined) {
      expectInTime(client, this.recoveredMs, this.#starvedMs);
    }
  }

  get result(): { recoveredMs: number[] } {
    return { recoveredMs: this.recoveredMs === undefined ? [] : [this.recoveredMs] };
  }

  [Symbol.dispose](): void {
    this.#starvation[Symbol.dispose]();
  }
}
