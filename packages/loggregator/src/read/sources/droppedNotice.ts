import { counted } from "../../text/formatNumbers.js";

/** Reports how many envelopes were dropped, by default at most once a second. */
export class DroppedNotice implements Disposable {
  readonly #say: (message: string) => void;
  readonly #reason: string;
  readonly #intervalMs: number;
  #total = 0;
  #reported = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param reason The reason for drops: "the output is read too slowly". */
  constructor(say: (message: string) => void, reason: string, intervalMs = 1_000) {
    this.#say = say;
    this.#reason = reason;
    this.#intervalMs = intervalMs;
  }

  get total(): number {
    return this.#total;
  }

  /** Sets the number of envelopes dropped so far. */
  set total(total: number) {
    this.#total = total;
    if (total === this.#reported || this.#timer !== undefined) {
      return;
    }
    this.#report();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#report();
    }, this.#intervalMs).unref();
  }

  /** Reports the remaining ones. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#report();
  }

  #report(): void {
    const count = this.#total - this.#reported;
    if (count === 0) {
      return;
    }
    this.#reported = this.#total;
    this.#say(`${counted(count, "envelope")} dropped: ${this.#reason}`);
  }
}
