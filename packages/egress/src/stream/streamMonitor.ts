import {
  type ConnectionStatus,
  guardedCallback,
  OutageReporter,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { ConnectionError } from "@loggregator/grpc";
import type { ClientError } from "nice-grpc";
import { diagnostics } from "../diagnostics.js";
import { EgressError } from "../errors.js";
import type { EgressStats, EnvelopeStreamConnectorOptions } from "../options.js";
import { DropMonitor } from "./dropMonitor.js";

/**
 * Counts the streams of a connector, their batches and their failures, and reports failures and
 * recoveries to the callback, the status and the log.
 */
export class StreamMonitor {
  readonly status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly drops: DropMonitor;
  readonly #address: string;
  readonly #reporter: OutageReporter;
  readonly #onRetryableError: (
    error: ConnectionError | EgressError,
    attempt: number,
    delayMs: number,
  ) => void;
  #streams = 0;
  #received = 0;
  #batches = 0;
  #reconnects = 0;

  /** @throws OptionTypeError if `logger` is not a logger. */
  constructor(options: EnvelopeStreamConnectorOptions) {
    const { address, logger, onRetryableError } = options;
    this.#address = address;
    this.#reporter = new OutageReporter("egress connector", logger, address);
    this.#onRetryableError = guardedCallback(
      "onRetryableError",
      onRetryableError,
      safeLogger(logger),
    );
    this.drops = new DropMonitor(options);
  }

  /** The statistics of the connector. */
  get stats(): EgressStats {
    return {
      streams: this.#streams,
      received: this.#received,
      batches: this.#batches,
      dropped: this.drops.total,
      reconnects: this.#reconnects,
    };
  }

  /** Call it when a stream is read for the first time. */
  opened(): void {
    this.#streams++;
  }

  /** Call it when a stream that was opened has ended. */
  ended(): void {
    this.#streams--;
  }

  /** Call it when a batch was read. */
  received({ length: count }: { readonly length: number }): void {
    this.#received += count;
    this.#batches++;
    this.#reporter.recovered();
    if (diagnostics.batch.hasSubscribers) {
      diagnostics.batch.publish({ address: this.#address, count });
    }
  }

  /** Call it when a stream has been open for long enough to count as recovered. */
  recovered(): void {
    this.#reporter.recovered();
  }

  /** Call it when a stream failed and is reopened after `delayMs` milliseconds. */
  failed(cause: ClientError, attempt: number, delayMs: number): void {
    const error = cause instanceof ConnectionError ? cause : new EgressError(cause, this.#address);
    this.#reconnects++;
    if (diagnostics.reconnect.hasSubscribers) {
      diagnostics.reconnect.publish({ address: this.#address, error, delayMs });
    }
    this.status.push({ type: "retrying", error, delayMs });
    this.#reporter.failed(error, delayMs);
    this.#onRetryableError(error, attempt, delayMs);
  }
}
