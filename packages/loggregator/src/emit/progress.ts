import { counted, rate } from "../text/formatNumbers.js";

const intervalMs = 250;

/** A line on the terminal that shows how much was sent, after a second. */
export class Progress {
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param visible Whether the line is shown if standard error is a terminal. */
  constructor(count: () => number, visible: boolean) {
    if (!visible || !process.stderr.isTTY) {
      return;
    }
    this.#timer = setInterval(() => {
      const seconds = this.seconds;
      if (seconds < 1) {
        return;
      }
      const done = count();
      process.stderr.write(
        `\r\x1b[K${counted(done, "envelope")}, ${rate(done / seconds)} a second`,
      );
    }, intervalMs).unref();
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Removes the line. */
  end(): void {
    if (this.#timer === undefined) {
      return;
    }
    clearInterval(this.#timer);
    process.stderr.write("\r\x1b[K");
  }
}
