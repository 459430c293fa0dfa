/**
 * Notices that nothing comes while something is waited for. One timer serves any number of waits:
 * a wait costs a look at the clock, not a timer.
 */
export class SilenceTimer {
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  #waitingSince: number | undefined;
  #lastCall = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, onSilence: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
  }

  /** A wait begins. */
  wait(): void {
    this.#waitingSince = performance.now();
    this.#lastCall = false;
    if (this.#timer === undefined) this.#start(this.#timeoutMs);
  }

  /** The wait is over: something came, or nothing is awaited for now. */
  rest(): void {
    this.#waitingSince = undefined;
  }

  /** No more waits. */
  stop(): void {
    this.#waitingSince = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(delayMs: number): void {
    // No silence is too long for Infinity, and timers know no such delay.
    if (delayMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#check(), Math.ceil(delayMs));
    }
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#waitingSince === undefined) return;
    const leftMs = this.#waitingSince + this.#timeoutMs - performance.now();
    if (leftMs > 0) {
      this.#start(leftMs);
    } else if (!this.#lastCall) {
      // Where a consumer blocked the event loop, timers are due before sockets are looked at. What
      // has arrived meanwhile must get its turn.
      this.#lastCall = true;
      this.#start(1);
    } else {
      this.#onSilence();
    }
  }
}
