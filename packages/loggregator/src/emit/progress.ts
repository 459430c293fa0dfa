import { counted, rate } from "../terminal/numbers.js";

const intervalMs = 250;

/** A line on the terminal that tells how far it is, from the first second on. Nothing elsewhere. */
export class Progress {
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(count: () => number) {
    if (!process.stderr.isTTY) return;
    this.#timer = setInterval(() => {
      const seconds = this.seconds;
      if (seconds < 1) return;
      const done = count();
      process.stderr.write(
        `\r\x1b[K${counted(done, "envelope")}, ${rate(done / seconds)} a second`,
      );
    }, intervalMs).unref();
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Takes the line away. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    process.stderr.write("\r\x1b[K");
  }
}
