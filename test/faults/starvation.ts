const intervalMs = 10;

/** Less is how timers are. */
const leastMs = 20;

/**
 * Measures how long the machine kept this process from running when it had to: the time by which
 * timers were late, without the time in which the process itself was at work.
 */
export class Starvation implements Disposable {
  /** So far, in milliseconds. */
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
