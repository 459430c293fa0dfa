const intervalMs = 10;

/** Shorter delays of timers, in milliseconds, are normal and do not count. */
const leastMs = 20;

/**
 * Measures the time in which the machine did not run this process although it was ready: the delay
 * of timers, minus the process's own CPU time.
 */
export class Starvation implements Disposable {
  /** The time so far, in milliseconds. */
  starvedMs = 0;
  readonly #timer: NodeJS.Timeout;
  #tickedAt = performance.now();
  #cpu = process.cpuUsage();

  constructor() {
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const lateMs = now - this.#tickedAt - intervalMs - (user + system) / 1_000;
    if (lateMs > leastMs) {
      this.starvedMs += lateMs;
    }
    this.#tickedAt = now;
    this.#cpu = process.cpuUsage();
  }
}
