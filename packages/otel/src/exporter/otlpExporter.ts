import { checkEnvelopes, type Envelope } from "@loggregator/api";
import {
  type ConnectionStatus,
  DropReporter,
  dropNotice,
  type FlushOptions,
  flushSignal,
  guardedCallback,
  type Logger,
  linkedTimeout,
  OutageReporter,
  objectArgument,
  onAbort,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { OtlpExportError } from "../errors.js";
import { sharingMapper } from "../mapping/toOtlp/toOtlp.js";
import { withEnvironment } from "./environment/withEnvironment.js";
import { ExportReports } from "./exportReports.js";
import {
  exporterSettings,
  type OtlpExporterOptions,
  type OtlpExporterSettings,
} from "./otlpExporterOptions.js";
import { type OtlpSignal, otlpSignals, signalOf } from "./otlpSignal.js";
import { type SenderEvents, SignalSender } from "./queue/signalSender.js";
import { openTransports } from "./transport/openTransports.js";
import type { Transport } from "./transport/transport.js";

/**
 * The statistics of an exporter. `sent + dropped + skipped + queued` is the number of envelopes
 * passed to `export`.
 */
export interface OtlpExporterStats {
  /** Envelopes in requests that the server accepted. */
  readonly sent: number;
  /**
   * Envelopes that were dropped: the queue overflowed, the server refused them, or the exporter was
   * closed.
   */
  readonly dropped: number;
  /** Envelopes that the mapping cannot represent. */
  readonly skipped: number;
  /** Envelopes that are neither sent, dropped nor skipped yet. */
  readonly queued: number;
  /** Records, data points and spans that the server rejected from accepted requests. */
  readonly rejected: number;
  /** Failures that were followed by another attempt. */
  readonly retries: number;
}

/**
 * Exports envelopes to an OpenTelemetry collector or backend, over HTTP or gRPC.
 *
 * Logs, metrics and traces have separate queues. Each is bounded, and drops its oldest envelopes if
 * it is full. Requests are repeated as the OTLP specification prescribes.
 */
export class OtlpExporter implements AsyncDisposable {
  readonly #settings: OtlpExporterSettings;
  readonly #transports: Readonly<Record<OtlpSignal, Transport>>;
  readonly #reports: ExportReports;
  readonly #reporter: OutageReporter;
  readonly #logger: Logger;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly #senders: Readonly<Record<OtlpSignal, SignalSender>>;
  readonly #end = new AbortController();
  readonly #removeListener: () => void;
  readonly #drops: DropReporter;
  readonly #counts = { sent: 0, skipped: 0, rejected: 0, retries: 0 };
  #closing: Promise<void> | undefined;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid option; TlsError for invalid
   * certificates.
   */
  constructor(options: OtlpExporterOptions) {
    const settings = exporterSettings(options);
    const mapper = sharingMapper(options);
    this.#settings = settings;
    this.#logger = safeLogger(options.logger);
    this.#transports = openTransports(settings.signals, this.#logger);
    const { logs, metrics, traces } = this.#transports;
    const addresses = { logs: logs.address, metrics: metrics.address, traces: traces.address };
    const address = [...new Set(Object.values(addresses))].join(", ");
    this.#reports = new ExportReports({ options, addresses, status: this.#status });
    this.#reporter = new OutageReporter("OTLP exporter", options.logger, address);
    this.#drops = new DropReporter(
      dropNotice({
        subject: `OTLP exporter ${address}`,
        logger: options.logger,
        onDropped: options.onDropped,
        reason: "the queue was full or the server refused them",
        isClosed: () => this.#closing !== undefined,
      }),
    );
    const onRetryableError = guardedCallback(
      "onRetryableError",
      options.onRetryableError,
      this.#logger,
    );
    const sender = (kind: OtlpSignal) =>
      new SignalSender({
        ...settings,
        kind,
        mapper,
        events: this.#events(kind, onRetryableError),
        transport: this.#transports[kind],
        signal: this.#end.signal,
      });
    this.#senders = { logs: sender("logs"), metrics: sender("metrics"), traces: sender("traces") };
    this.#removeListener = onAbort(options.signal, () => this.#finish());
  }

  /**
   * Creates an exporter from OpenTelemetry's environment variables: `OTEL_EXPORTER_OTLP_ENDPOINT`,
   * `_PROTOCOL`, `_HEADERS`, `_COMPRESSION`, `_TIMEOUT`, `_CERTIFICATE`, `_CLIENT_CERTIFICATE`,
   * `_CLIENT_KEY` and `_INSECURE`. Those of single signals, such as `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`,
   * take precedence.
   *
   * @param options Further options. They take precedence over variables.
   * @throws OptionTypeError, OptionRangeError for invalid variables and options; TlsError for files
   * that cannot be read or used. Messages contain the name of the variable.
   */
  static fromEnv(options: Partial<OtlpExporterOptions> = {}): OtlpExporter {
    objectArgument("options", options);
    return new OtlpExporter(withEnvironment(options, globalThis.process?.env ?? {}));
  }

  /** The statistics of the exporter. */
  get stats(): OtlpExporterStats {
    const queued = otlpSignals.reduce((sum, kind) => sum + this.#senders[kind].queued, 0);
    return { ...this.#counts, dropped: this.#drops.total, queued };
  }

  /** Yields the status of the exporter, and then each change. Ends after `closed`. */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Queues envelopes and returns immediately. Network failures never make it throw. After
   * `close()`, envelopes are dropped. An envelope must not be changed until it is sent.
   *
   * @throws OptionTypeError, OptionRangeError if it is not an array, or an envelope has an invalid
   * field. Then none of them is queued.
   */
  export(envelopes: readonly Envelope[]): void {
    checkEnvelopes("envelopes", envelopes);
    for (const envelope of envelopes) {
      const kind = signalOf(envelope);
      if (this.#closing !== undefined || this.#end.signal.aborted) {
        this.#drops.add(1);
      } else if (kind === undefined) {
        this.#counts.skipped++;
      } else {
        this.#senders[kind].push(envelope);
      }
    }
  }

  /**
   * Resolves when all queues are at most half full, in number and in bytes: wait for it before each
   * `export` to slow down the source instead of dropping envelopes.
   */
  async ready(): Promise<void> {
    await Promise.all(otlpSignals.map((kind) => this.#senders[kind].whenRoom()));
  }

  /**
   * Sends everything that was exported before, without waiting for requests to fill, and resolves when
   * it is sent or dropped. During an outage, it waits for the recovery: pass a signal to limit the wait.
   *
   * @throws The signal's reason if that aborts.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    const signal = flushSignal(options);
    await Promise.all(otlpSignals.map((kind) => this.#senders[kind].flush(signal)));
  }

  /**
   * Flushes the queues and closes the connection. After `closeTimeoutMs`, the remaining envelopes
   * are dropped.
   *
   * @throws OtlpExportError if envelopes were dropped while closing.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Same as `close()`, but logs its error instead of throwing it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: OtlpExportError) => this.#reporter.ended(error));
  }

  async #close(): Promise<void> {
    const { closeTimeoutMs } = this.#settings;
    const { total } = this.#drops;
    const timeout = linkedTimeout(closeTimeoutMs, () => new Error("timeout"));
    const removeListener = onAbort(timeout.signal, () => this.#finish());
    await this.flush();
    removeListener();
    timeout.abort();
    this.#finish();
    await this.flush();
    const lost = this.#drops.total - total;
    if (lost > 0) {
      const { lastError } = this.#reports;
      const last = lastError === undefined ? "" : ` (last error: ${lastError.message})`;
      throw new OtlpExportError(
        `${lost} ${lost === 1 ? "envelope was" : "envelopes were"} dropped while closing${last}`,
        { cause: lastError },
      );
    }
  }

  #finish(): void {
    if (this.#end.signal.aborted) {
      return;
    }
    this.#end.abort();
    this.#drops.close();
    this.#removeListener?.();
    for (const kind of otlpSignals) {
      this.#transports[kind].close();
    }
    const error = this.#reports.lastError;
    this.#status.push(error === undefined ? { type: "closed" } : { type: "closed", error });
  }

  #events(
    kind: OtlpSignal,
    onRetryableError: (error: OtlpExportError, attempt: number, delayMs: number) => void,
  ): SenderEvents {
    return {
      sent: (count) => {
        this.#counts.sent += count;
      },
      skipped: (count) => {
        this.#counts.skipped += count;
      },
      dropped: (count) => this.#drops.add(count),
      rejected: (count, message) => {
        this.#counts.rejected += count;
        this.#reports.rejected(kind, count, message);
      },
      failed: (error, attempt, delayMs) => {
        this.#counts.retries++;
        this.#reports.failed(kind, error, delayMs);
        onRetryableError(error, attempt, delayMs);
      },
      refused: (error) => this.#reports.refused(kind, error),
      accepted: () => this.#reports.accepted(kind),
    };
  }
}
