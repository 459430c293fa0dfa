import { expectInTime } from "./recovery.js";
import { Starvation } from "./starvation.js";

/** The times of a momentary fault and of the client's recovery. */
export class FaultTimeline implements Disposable {
  /** The time from the fault to the first envelope after it, in milliseconds. */
  recoveredMs: number | undefined;
  #inflictedAt: number | undefined;
  readonly #starvation = new Starvation();
  #starvedMs = 0;

  get inflicted(): boolean {
    return this.#inflictedAt !== undefined;
  }

  /** Records the fault, unless it was recorded already. */
  inflict(): void {
    if (this.inflicted) {
      return;
    }
    this.#inflictedAt = performance.now();
    this.#starvedMs = this.#starvation.starvedMs;
  }

  /** Records the delivery of an envelope that was sent after the fault. */
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
