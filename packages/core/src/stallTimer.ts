/** A timer is set for a part of the timeout at a time: see `#check`. */
const slices = 4;
/** How late a timer may be, in milliseconds, before the event loop counts as blocked. */
const maxLateMs = 20;

/**
 * Notices that an awaited event does not come: `onStall` is called once `timeoutMs` have passed
 * since the last progress, while something is awaited.
 *
 * Time in which the process could not run does not count: after a blocked event loop or a SIGSTOP,
 * timers are due before sockets are read, and the event may have arrived long ago. Pending I/O
 * always gets its turn before `onStall` is called.
 *
 * Restarting costs no timer, so it can be called for each message.
 */
export class StallTimer {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  /** When the last progress was, undefined while nothing is awaited. */
  #since: number | undefined;
  #lastTurn = false;

  /** @param timeoutMs In milliseconds. `Infinity`: never. */
  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
  }

  /** Something is awaited from now on. No effect if something is awaited already. */
  start(): void {
    if (this.#since === undefined) this.progress();
  }

  /** Something arrived, and more is awaited from now on. */
  progress(): void {
    this.#since = performance.now();
    this.#lastTurn = false;
    if (this.#timer === undefined) this.#schedule(this.#timeoutMs);
  }

  /** Nothing is awaited for now. */
  rest(): void {
    this.#since = undefined;
  }

  /** Ends the timer. */
  stop(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(leftMs: number): void {
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    const ms = Math.ceil(Math.min(leftMs, this.#timeoutMs / slices));
    this.#dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const now = performance.now();
    // A timer that is late was not run because nothing was. That time belongs to this process.
    const lateMs = now - this.#dueAt;
    if (lateMs > maxLateMs) this.#since = Math.min(now, this.#since + lateMs);
    const leftMs = this.#since + this.#timeoutMs - now;
    if (leftMs > 0) {
      this.#lastTurn = false;
      this.#schedule(leftMs);
    } else if (!this.#lastTurn) {
      this.#lastTurn = true;
      this.#schedule(1);
    } else {
      this.stop();
      this.#onStall();
    }
  }
}
