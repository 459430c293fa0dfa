import type { Logger } from "./logger.js";
import { OutageReporter } from "./outageReporter.js";

/**
 * Reports the outages of a client's streams as one: the outage begins with the first stream that
 * fails, and is over once no stream is failing.
 */
export class SharedOutage {
  readonly #failing = new Set<object>();
  readonly #reporter: OutageReporter;

  /**
   * The parameters are those of `OutageReporter`.
   *
   * @throws OptionTypeError if `logger` is not a logger.
   */
  constructor(name: string, logger: Logger | null | undefined, address?: string) {
    this.#reporter = new OutageReporter(name, logger, address);
  }

  /** Reports a failure of one of the streams. */
  failed(stream: object, error: Error, delayMs: number): void {
    this.#failing.add(stream);
    this.#reporter.failed(error, delayMs);
  }

  /** Reports the recovery once no stream fails any more. */
  recovered(stream: object): void {
    if (this.#failing.delete(stream) && this.#failing.size === 0) {
      this.#reporter.recovered();
    }
  }

  /** Call it when a stream has ended, for whatever reason: it no longer counts as failing. */
  ended(stream: object): void {
    if (this.#failing.delete(stream) && this.#failing.size === 0) {
      this.#reporter.reset();
    }
  }
}
