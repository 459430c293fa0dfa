import {
  type ConnectionStatus,
  emitWarning,
  escapeControls,
  guardedCallback,
  type Logger,
  OutageReporter,
  type StatusFeed,
  safeLogger,
} from "@loggregator/core";
import type { OtlpExporterOptions } from "./otlpExporterOptions.js";
import type { OtlpSignal } from "./otlpSignal.js";

const itemNames = { logs: "log record", metrics: "data point", traces: "span" };

/** Where and how an exporter reports failures. */
export interface ExportReportsOptions {
  readonly options: Pick<OtlpExporterOptions, "logger" | "onRejected">;
  /** The address of the server of each signal. */
  readonly addresses: Readonly<Record<OtlpSignal, string>>;
  readonly status: StatusFeed<ConnectionStatus>;
}

/**
 * Reports the failures of requests. Outages are per signal, as each signal may have its own server.
 */
export class ExportReports {
  readonly #logger: Logger;
  readonly #status: StatusFeed<ConnectionStatus>;
  readonly #addresses: Readonly<Record<OtlpSignal, string>>;
  readonly #outages: Readonly<Record<OtlpSignal, OutageReporter>>;
  readonly #onRejected: (count: number, message: string) => void;
  /** The signals whose latest request failed and is repeated. */
  readonly #failing = new Set<OtlpSignal>();
  /** The latest failure of each signal, until one of its requests is accepted. */
  readonly #errors = new Map<OtlpSignal, Error>();
  readonly #refused = new Set<OtlpSignal>();
  #isOpen = false;
  #warnsOfRejections: boolean;

  /** @throws OptionTypeError if the logger is not a logger. */
  constructor({ options, addresses, status }: ExportReportsOptions) {
    const { logger, onRejected } = options;
    this.#logger = safeLogger(logger);
    this.#status = status;
    this.#addresses = addresses;
    this.#onRejected = guardedCallback("onRejected", onRejected, this.#logger);
    this.#warnsOfRejections = logger === undefined && onRejected === undefined;
    const outage = (kind: OtlpSignal) =>
      new OutageReporter(`OTLP ${kind} exporter`, logger, addresses[kind]);
    this.#outages = { logs: outage("logs"), metrics: outage("metrics"), traces: outage("traces") };
  }

  /** The latest failure that was not followed by a success of its signal. */
  get lastError(): Error | undefined {
    return [...this.#errors.values()].pop();
  }

  /** Reports a failed request that is repeated after `delayMs` milliseconds. */
  failed(kind: OtlpSignal, error: Error, delayMs: number): void {
    this.#setError(kind, error);
    this.#failing.add(kind);
    this.#isOpen = false;
    this.#status.push({ type: "retrying", error, delayMs });
    this.#outages[kind].failed(error, delayMs);
  }

  /**
   * Reports a request that is not repeated. Without a logger, only the first of a signal is
   * reported.
   */
  refused(kind: OtlpSignal, error: Error): void {
    this.#setError(kind, error);
    if (this.#refused.has(kind)) {
      this.#logger.error(error.message);
    } else {
      this.#refused.add(kind);
      this.#outages[kind].ended(error);
    }
  }

  /** Reports an accepted request. The exporter is open again once no signal is failing. */
  accepted(kind: OtlpSignal): void {
    this.#errors.delete(kind);
    this.#failing.delete(kind);
    this.#outages[kind].recovered();
    if (!this.#isOpen && this.#failing.size === 0) {
      this.#isOpen = true;
      this.#status.push({ type: "open" });
    }
  }

  /**
   * Reports items of an accepted request that the server rejected or, with a count of 0, its
   * warning. With neither a logger nor `onRejected`, the first rejection is a process warning.
   */
  rejected(kind: OtlpSignal, count: number, message: string): void {
    const items = `${count} ${itemNames[kind]}${count === 1 ? "" : "s"}`;
    const reason = message === "" ? "" : `: ${escapeControls(message)}`;
    const text =
      count === 0
        ? `the server accepted a request with a warning${reason}`
        : `the server rejected ${items} of a request${reason}`;
    this.#logger.warn(text);
    this.#onRejected(count, message);
    if (this.#warnsOfRejections && count > 0) {
      this.#warnsOfRejections = false;
      emitWarning(
        `OTLP exporter ${this.#addresses[kind]}: ${text} (pass onRejected or a logger to see all rejections, or logger: null to disable this warning)`,
      );
    }
  }

  #setError(kind: OtlpSignal, error: Error): void {
    // Moves it behind the errors of the other signals.
    this.#errors.delete(kind);
    this.#errors.set(kind, error);
  }
}
