import type { ConnectionStatus, Logger, OutageReporter, StatusFeed } from "@loggregator/core";
import { diagnostics } from "../../diagnostics.js";

export interface OutageMonitorOptions {
  readonly address: string;
  readonly status: StatusFeed<ConnectionStatus>;
  readonly reporter: OutageReporter;
  readonly logger: Logger;
  readonly onRetryableError: (error: Error, attempt: number, delayMs: number) => void;
}

/** Counts failures that are retried, and reports them through the callback, the status and the log. */
export class OutageMonitor {
  readonly #options: OutageMonitorOptions;
  #reconnects = 0;
  #lastError: Error | undefined;

  constructor(options: OutageMonitorOptions) {
    this.#options = options;
  }

  /** The number of failures that were followed by another attempt. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** The last failure, unless something was sent since. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Call it when sending failed and is retried after `delayMs` milliseconds. */
  failed(error: Error, attempt: number, delayMs: number): void {
    const { address, status, reporter, onRetryableError } = this.#options;
    this.#reconnects++;
    this.#lastError = error;
    if (diagnostics.reconnect.hasSubscribers) {
      diagnostics.reconnect.publish({ address, error, delayMs });
    }
    status.push({ type: "retrying", error, delayMs });
    reporter.failed(error, delayMs);
    onRetryableError(error, attempt, delayMs);
  }

  /** Call it when the server permanently rejects an envelope, which is dropped. */
  rejected(error: Error): void {
    this.#options.logger.warn(`the server rejected an envelope: ${error.message}`);
  }

  /** Call it when a batch was sent. */
  sent(): void {
    this.#lastError = undefined;
  }

  /** Call it when sending has worked for long enough to count as recovered. */
  recovered(): void {
    this.#options.reporter.recovered();
  }
}
