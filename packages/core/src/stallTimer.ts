/** A timer is set for a part of the timeout at a time: see `#check`. */
const slices = 4;
/** The delay of a timer, in milliseconds, above which the event loop counts as blocked. */
const maxLateMs = 20;
/** The maximum number of turns given to pending I/O when the time is up. Usually one is enough. */
const maxLastTurns = 10;

/**
 * Notices that an awaited event does not come: `onStall` is called once `timeoutMs` have passed
 * since the last progress, while something is awaited.
 *
 * Time in which the process could not run does not count: after a blocked event loop or a SIGSTOP,
 * timers are due before sockets are read, and the event may have arrived long ago. Pending I/O
 * always gets its turn before `onStall` is called.
 *
 * Progress costs no timer, so it can be reported for each message. While nothing is awaited, the
 * timer does not keep the process running.
 */
export class StallTimer {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  /** When the last progress was, undefined while nothing is awaited. */
  #since: number | undefined;
  /** The number of turns of the event loop given to pending I/O since the time was up. */
  #lastTurns = 0;

  /** @param timeoutMs In milliseconds. `Infinity`: never. */
  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
  }

  /** Something is awaited from now on. No effect if something is awaited already. */
  start(): void {
    if (this.#since === undefined) {
      this.progress();
    }
  }

  /** Something arrived, and more is awaited from now on. */
  progress(): void {
    if (this.#since === undefined) {
      this.#keepProcessRunning(true);
    }
    this.#since = performance.now();
    this.#lastTurns = 0;
    if (this.#timer === undefined) {
      this.#schedule(this.#timeoutMs);
    }
  }

  /** Nothing is awaited for now. */
  rest(): void {
    this.#since = undefined;
    this.#keepProcessRunning(false);
  }

  /** Ends the timer. */
  stop(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** For the timer that is set, if any. Browsers' timers are numbers, and have no such setting. */
  #keepProcessRunning(keep: boolean): void {
    const timer = this.#timer as { ref?(): void; unref?(): void } | undefined;
    timer?.[keep ? "ref" : "unref"]?.();
  }

  #schedule(leftMs: number): void {
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) {
      return;
    }
    const ms = Math.ceil(Math.min(leftMs, this.#timeoutMs / slices));
    this.#dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#since === undefined) {
      return;
    }
    const now = performance.now();
    // A timer that is late was not run because nothing was. That time belongs to this process.
    const lateMs = now - this.#dueAt;
    const wasBlocked = lateMs > maxLateMs;
    if (wasBlocked) {
      this.#since = Math.min(now, this.#since + lateMs);
    }
    const leftMs = this.#since + this.#timeoutMs - now;
    if (leftMs > 0) {
      this.#lastTurns = 0;
      this.#schedule(leftMs);
    } else if (this.#lastTurns === 0 || (wasBlocked && this.#lastTurns < maxLastTurns)) {
      // A poll that SIGSTOP interrupts returns without having read anything.
      this.#lastTurns++;
      this.#schedule(1);
    } else {
      this.stop();
      this.#onStall();
    }
  }
}
