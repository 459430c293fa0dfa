import { emitWarning, type Logger, safeLogger } from "@loggregator/core";

/**
 * Reports that readers lose envelopes: with a logger as warnings, without one once through
 * `process.emitWarning`. `logger: null` disables this.
 */
export class DropReporter {
  readonly #logger: Logger;
  #warns: boolean;

  /** @param logger The option as the user passed it. */
  constructor(logger: Logger | null | undefined) {
    this.#logger = safeLogger(logger);
    this.#warns = logger === undefined;
  }

  /** @param message The reader that starts to lose envelopes, and the reason. */
  report(message: string): void {
    this.#logger.warn(message);
    if (!this.#warns) {
      return;
    }
    this.#warns = false;
    emitWarning(
      `${message}; stats.dropped has the total (pass a logger to see each reader that loses envelopes, or logger: null to disable this warning)`,
    );
  }
}
