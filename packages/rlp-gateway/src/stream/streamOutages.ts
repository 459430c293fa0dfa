import { type Logger, OutageReporter } from "@loggregator/core";

/**
 * Reports the outages of a client's streams as one: the first stream that fails begins an outage,
 * and it is over once none fails any more.
 */
export class StreamOutages {
  readonly #url: string;
  readonly #logger: Logger | null | undefined;
  readonly #failing = new Set<object>();
  #reporter: OutageReporter;

  /**
   * @param url The gateway's.
   * @throws OptionTypeError if `logger` is not a logger.
   */
  constructor(logger: Logger | null | undefined, url: string) {
    this.#url = url;
    this.#logger = logger;
    this.#reporter = this.#newReporter();
  }

  failed(stream: object, error: Error, delayMs: number): void {
    this.#failing.add(stream);
    this.#reporter.failed(error, delayMs);
  }

  recovered(stream: object): void {
    if (this.#failing.delete(stream) && this.#failing.size === 0) {
      this.#reporter.recovered();
    }
  }

  /** The stream ended, whether it works or not: it is no longer a part of an outage. */
  ended(stream: object): void {
    if (this.#failing.delete(stream) && this.#failing.size === 0) {
      this.#reporter = this.#newReporter();
    }
  }

  #newReporter(): OutageReporter {
    return new OutageReporter("gateway client", this.#logger, this.#url);
  }
}
