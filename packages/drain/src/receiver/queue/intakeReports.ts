import { emitWarning, guardedCallback, type Logger, safeLogger } from "@loggregator/core";
import type { DrainBinding } from "../drainMessage.js";
import type { DrainReceiverError } from "../errors.js";
import type { DrainReceiverOptions } from "../options.js";

/**
 * Counts invalid messages and refusals, and reports them to the callbacks and the log. Without
 * either, the first of each is reported as a warning.
 */
export class IntakeReports {
  invalid = 0;
  refused = 0;
  readonly #logger: Logger;
  readonly #onInvalid: (error: Error, frame: Uint8Array, binding: DrainBinding) => void;
  readonly #onRefused: (error: DrainReceiverError, binding: DrainBinding) => void;
  #warnsInvalid: boolean;
  #warnsRefused: boolean;

  /** @throws OptionTypeError if `logger` is not a logger. */
  constructor({ logger, onInvalid, onRefused }: DrainReceiverOptions) {
    this.#logger = safeLogger(logger);
    this.#onInvalid = guardedCallback("onInvalid", onInvalid, this.#logger);
    this.#onRefused = guardedCallback("onRefused", onRefused, this.#logger);
    this.#warnsInvalid = logger === undefined && onInvalid === undefined;
    this.#warnsRefused = logger === undefined && onRefused === undefined;
  }

  addInvalid(error: Error, frame: Uint8Array, binding: DrainBinding): void {
    this.invalid++;
    this.#logger.warn(`${describe(binding)}: ${error.message}`);
    this.#onInvalid(error, frame, binding);
    if (this.#warnsInvalid) {
      this.#warnsInvalid = false;
      emitWarning(
        `drain receiver: ${error.message} (pass onInvalid or a logger to see all invalid messages, or logger: null to disable this warning)`,
      );
    }
  }

  addRefused(error: DrainReceiverError, binding: DrainBinding): void {
    this.refused++;
    this.#logger.warn(`${describe(binding)}: ${error.message}`);
    this.#onRefused(error, binding);
    if (this.#warnsRefused) {
      this.#warnsRefused = false;
      emitWarning(
        `drain receiver: ${error.message} (pass onRefused or a logger to see all refusals, or logger: null to disable this warning)`,
      );
    }
  }
}

function describe({ transport, remoteAddress = "unknown address" }: DrainBinding): string {
  return `${transport} from ${remoteAddress}`;
}
