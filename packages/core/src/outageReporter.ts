import { emitWarning } from "./emitWarning.js";
import type { Logger } from "./logger.js";
import { safeLogger } from "./logger.js";

/**
 * Reports a client's failures and recoveries.
 *
 * With a logger, each failure is a warning and each recovery an info message. Without one (the
 * option is `undefined`), the first failure of an outage and the recovery are each reported once
 * through `process.emitWarning`, in browsers through `console.warn`: a client that cannot reach its
 * server must not be silent by default. `null` disables this.
 */
export class OutageReporter {
  readonly #name: string;
  readonly #logger: Logger;
  readonly #warns: boolean;
  #down = false;

  /**
   * @param name What the message names as the subject, such as "ingress client localhost:3458".
   * @param logger The option as the user gave it.
   * @throws OptionTypeError if `logger` is not a logger.
   */
  constructor(name: string, logger: Logger | null | undefined) {
    this.#name = name;
    this.#logger = safeLogger(logger);
    this.#warns = logger === undefined;
  }

  /** A connection or a call failed, and is retried after `delayMs` milliseconds. */
  failed(error: Error, delayMs: number): void {
    this.#logger.warn(`${error.message}; retrying in ${Math.round(delayMs)} ms`);
    if (this.#down) {
      return;
    }
    this.#down = true;
    if (this.#warns) {
      emitWarning(
        `${this.#name}: ${error.message}; retrying (pass a logger to log each attempt, or logger: null to disable this warning)`,
      );
    }
  }

  /** It works again. No effect unless something failed before. */
  recovered(): void {
    if (!this.#down) {
      return;
    }
    this.#down = false;
    this.#logger.info(`${this.#name}: recovered`);
    if (this.#warns) {
      emitWarning(`${this.#name}: recovered`);
    }
  }

  /** The client has ended because of a failure, or could not close in order. */
  ended(error: Error): void {
    this.#logger.error(error.message);
    if (this.#warns) {
      emitWarning(`${this.#name}: ${error.message}`);
    }
  }
}
