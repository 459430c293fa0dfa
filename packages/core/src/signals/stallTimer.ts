/** The number of timers into which the timeout is divided, see `#check`. */
const slices = 4;
/** The delay of a timer, in milliseconds, above which the event loop counts as blocked. */
const maxLateMs = 20;
/**
 * The maximum number of event loop turns given to pending I/O after the timeout. Usually one is
 * enough.
 */
const maxLastTurns = 10;

/**
 * Detects stalls: calls `onStall` once `timeoutMs` have passed without progress while an event is
 * awaited.
 *
 * Time in which the process could not run does not count: after a blocked event loop or a SIGSTOP,
 * timers run before sockets are read, and the event may have arrived long ago. Pending I/O is
 * always handled before `onStall` is called.
 *
 * `progress()` sets no timer, so it can be called for each message. While nothing is awaited, the
 * timer does not keep the process running.
 */
export class StallTimer {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  /** The time of the last progress; undefined while nothing is awaited. */
  #since: number | undefined;
  /** The number of event loop turns given to pending I/O since the timeout expired. */
  #lastTurns = 0;

  /** @param timeoutMs In milliseconds. `Infinity`: never. */
  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
  }

  /** Starts the timeout. No effect if it is already running. */
  start(): void {
    if (this.#since === undefined) {
      this.progress();
    }
  }

  /** Restarts the timeout after progress. */
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

  /** Suspends the timeout while nothing is awaited. */
  pause(): void {
    this.#since = undefined;
    this.#keepProcessRunning(false);
  }

  /** Ends the timer. */
  stop(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Refs or unrefs the current timer, if there is one. Timers of browsers are numbers and cannot be
   * unref'ed.
   */
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
    // If the timer is late, this process was blocked. That time does not count.
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
