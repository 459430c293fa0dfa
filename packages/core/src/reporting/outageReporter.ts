import { emitWarning } from "#emitWarning";
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
  readonly #address: string | undefined;
  readonly #logger: Logger;
  readonly #warns: boolean;
  #down = false;

  /**
   * @param name The subject of messages, such as "ingress client".
   * @param logger The option as the user passed it.
   * @param address The server's address. It is added to messages that do not contain it.
   * @throws OptionTypeError if `logger` is not a logger.
   */
  constructor(name: string, logger: Logger | null | undefined, address?: string) {
    this.#name = name;
    this.#address = address;
    this.#logger = safeLogger(logger);
    this.#warns = logger === undefined;
  }

  /** Call it when a connection or a call failed and is retried after `delayMs` milliseconds. */
  failed(error: Error, delayMs: number): void {
    this.#logger.warn(`${error.message}; retrying in ${Math.round(delayMs)} ms`);
    if (this.#down) {
      return;
    }
    this.#down = true;
    if (this.#warns) {
      emitWarning(
        `${this.#about(error)}; retrying (pass a logger to log each attempt, or logger: null to disable this warning)`,
      );
    }
  }

  /** Call it when sending or reading works again. No effect without a previous failure. */
  recovered(): void {
    if (!this.#down) {
      return;
    }
    this.#down = false;
    const text = `${this.#subject}: recovered`;
    this.#logger.info(text);
    if (this.#warns) {
      emitWarning(text);
    }
  }

  /** Ends the outage without reporting a recovery, because the failed part is no longer used. */
  reset(): void {
    this.#down = false;
  }

  /** Call it when the client has ended because of a failure, or could not close cleanly. */
  ended(error: Error): void {
    this.#logger.error(error.message);
    if (this.#warns) {
      emitWarning(this.#about(error));
    }
  }

  get #subject(): string {
    return this.#address === undefined ? this.#name : `${this.#name} ${this.#address}`;
  }

  /** The subject and the message, with one mention of the address. */
  #about({ message }: Error): string {
    const address = this.#address ?? "";
    const subject = address && message.includes(address) ? this.#name : this.#subject;
    return `${subject}${address && message.startsWith(`${address}: `) ? "" : ":"} ${message}`;
  }
}
