import type {
  CounterOptions,
  Emitter,
  Envelope,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "@loggregator/api";
import {
  Backoff,
  type ConnectionStatus,
  closeAndReport,
  dropNotice,
  type FlushOptions,
  flushSignal,
  guardedCallback,
  headerCheck,
  linkedAbortController,
  OutageReporter,
  onAbort,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { Connection } from "@loggregator/grpc";
import { AcknowledgedSender } from "./delivery/acknowledgedSender.js";
import { Delivery } from "./delivery/delivery.js";
import { type EventOptions, EventSender } from "./delivery/eventSender.js";
import { BacklogPacer } from "./delivery/outage/backlogPacer.js";
import { OutageMonitor } from "./delivery/outage/outageMonitor.js";
import { StreamSender } from "./delivery/streamSender.js";
import { diagnostics } from "./diagnostics.js";
import { IngressError } from "./errors.js";
import { type IngressClientOptions, type IngressStats, ingressSettings } from "./options.js";
import { BatchQueue } from "./queue/batchQueue.js";
import { BatchWriter } from "./queue/batchWriter.js";
import { BufferPool } from "./queue/bufferPool.js";
import { ingressServerName } from "./tls.js";
import { withEnvironment } from "./withEnvironment.js";

/**
 * Sends envelopes to an agent (or a router) over gRPC with mutual TLS, in batches.
 *
 * `emit…` adds an envelope to a bounded queue and returns. The client connects when the first
 * envelope is emitted, sends in the background and reconnects automatically. It keeps the process
 * running until it is closed: with `close()` or `await using`, which flush the queue, or by
 * aborting its signal, which drops queued envelopes.
 */
export class IngressClient implements Emitter, AsyncDisposable {
  readonly #writer: BatchWriter;
  readonly #queue: BatchQueue;
  readonly #delivery: Delivery;
  readonly #events: EventSender;
  readonly #monitor: OutageMonitor;
  readonly #reporter: OutageReporter;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid option, such as a malformed address;
   * TlsError for certificates that cannot be used.
   */
  constructor(options: IngressClientOptions) {
    const settings = ingressSettings(options);
    const { address, delivery, closeTimeoutMs } = settings;
    const logger = safeLogger(options.logger);
    const notice = dropNotice({
      subject: `ingress client ${address}`,
      logger: options.logger,
      onDropped: options.onDropped,
      reason: "the queue was full or they were too large",
      isClosed: () => this.#queue.closed,
    });
    const status = this.#status;
    this.#reporter = new OutageReporter("ingress client", options.logger, address);
    this.#monitor = new OutageMonitor({
      address,
      status,
      reporter: this.#reporter,
      logger,
      onRetryableError: guardedCallback("onRetryableError", options.onRetryableError, logger),
    });
    this.#queue = new BatchQueue({
      ...settings,
      onDropped: (count) => {
        if (diagnostics.drop.hasSubscribers) {
          diagnostics.drop.publish({ address, count });
        }
        notice(count);
      },
      onSent: ({ count, bytes }) => {
        this.#monitor.sent();
        if (diagnostics.batch.hasSubscribers) {
          diagnostics.batch.publish({ address, count, bytes: bytes.length });
        }
      },
    });
    const pool = new BufferPool();
    const checkHeader = headerCheck({
      subject: `ingress client ${address}`,
      unsafeHeaders: options.unsafeHeaders,
      logger: options.logger,
    });
    this.#writer = new BatchWriter({ ...settings, checkHeader }, this.#queue, pool);
    const tagNames = Object.keys(settings.tags);
    checkHeader?.({ sourceId: "", origin: "", instanceId: "", tagNames });
    const connection = new Connection({
      address,
      tls: options.tls,
      serverName: ingressServerName,
      connectTimeoutMs: settings.connectTimeoutMs,
      keepaliveIntervalMs: settings.keepaliveIntervalMs,
      writeWatermarkBytes: 1024 * 1024,
      channelOptions: options.channelOptions,
      logger,
      onStatus: status.push,
    });
    this.#events = new EventSender({ ...settings, checkHeader }, connection);
    const parts = {
      queue: this.#queue,
      pacer: new BacklogPacer(this.#queue, settings.maxBacklogRate),
      connection,
      monitor: this.#monitor,
    };
    const DeliverySender = delivery === "acknowledged" ? AcknowledgedSender : StreamSender;
    const sender = new DeliverySender({
      ...parts,
      pool,
      address,
      backoff: new Backoff(settings.retry),
      maxBatchBytes: settings.maxBatchBytes,
      stallTimeoutMs: settings.stallTimeoutMs,
    });
    this.#delivery = new Delivery({
      ...parts,
      writer: this.#writer,
      sender,
      reporter: this.#reporter,
      status,
      closeTimeoutMs,
    });
    const { signal } = options;
    const removeListener = onAbort(signal, () => this.#delivery.abort(signal?.reason));
    onAbort(this.#delivery.ended, removeListener);
  }

  /**
   * Creates a client from the environment variables that `loggregator emulate --env` writes:
   * `LOGGREGATOR_INGRESS_ADDRESS`, `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and
   * `LOGGREGATOR_KEY_PATH`. Without an address, the default of `address` applies. The files are
   * read again for each new connection.
   *
   * @param options Further options, which take precedence over the environment: with `tls`, the
   * variables with paths are not needed.
   * @throws OptionTypeError if a variable with a path is missing or empty; the errors of the
   * constructor.
   */
  static fromEnv(options: Partial<IngressClientOptions> = {}): IngressClient {
    return new IngressClient(withEnvironment(options, process.env));
  }

  /** The statistics of the client. */
  get stats(): IngressStats {
    const { sent, dropped, queued } = this.#queue;
    const { reconnects } = this.#monitor;
    return { sent, dropped, queued: queued + this.#writer.count, reconnects };
  }

  /**
   * Yields the status of the connection, and then each change. Ends after `closed`, when the client
   * has ended. At most 64 changes are kept for a slow reader; beyond that, the oldest are
   * discarded.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Emits a log line.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments; nothing is emitted then.
   */
  emitLog(message: string | Uint8Array, options?: LogOptions): void {
    if (this.#isClosed()) {
      return;
    }
    const writer = this.#writer.begin();
    try {
      writer.log(message, options);
    } finally {
      this.#writer.end(writer);
    }
    this.#delivery.start();
  }

  /**
   * Emits a counter: an increment by `delta`, 1 by default, or the `total`.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitCounter(name: string, options?: CounterOptions): void {
    if (this.#isClosed()) {
      return;
    }
    const writer = this.#writer.begin();
    try {
      writer.counter(name, options);
    } finally {
      this.#writer.end(writer);
    }
    this.#delivery.start();
  }

  /**
   * Emits values measured at the same time.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    if (this.#isClosed()) {
      return;
    }
    const writer = this.#writer.begin();
    try {
      writer.gauge(metrics, options);
    } finally {
      this.#writer.end(writer);
    }
    this.#delivery.start();
  }

  /**
   * Emits the duration of an operation.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitTimer(name: string, start: Timestamp, stop: Timestamp, options?: EnvelopeOptions): void {
    if (this.#isClosed()) {
      return;
    }
    const writer = this.#writer.begin();
    try {
      writer.timer(name, start, stop, options);
    } finally {
      this.#writer.end(writer);
    }
    this.#delivery.start();
  }

  /**
   * Emits an envelope. The client's tags are added to it.
   *
   * @throws OptionTypeError, OptionRangeError for an invalid field.
   */
  emit(envelope: Envelope): void {
    if (this.#isClosed()) {
      return;
    }
    const writer = this.#writer.begin();
    try {
      writer.envelope(envelope);
    } finally {
      this.#writer.end(writer);
    }
    this.#delivery.start();
  }

  /**
   * Sends an event in a separate call and waits until the server acknowledges it. It is not
   * retried.
   *
   * @throws IngressError if it was not delivered (`cause`: nice-grpc's `ClientError`); the signal's
   * reason if that aborted; OptionTypeError, OptionRangeError for invalid arguments.
   */
  async emitEvent(title: string, body: string, options: EventOptions = {}): Promise<void> {
    const bytes = this.#events.encode(title, body, options);
    if (this.#queue.closed) {
      throw new IngressError("the event was not delivered: the client is closed");
    }
    await this.#events.send(bytes, options.signal, this.#delivery.ended);
  }

  /**
   * Sends incomplete batches, and waits until everything emitted so far has been passed to the
   * transport (in acknowledged mode: acknowledged). During an outage, it waits for the recovery:
   * pass a signal to limit the wait.
   *
   * @throws The signal's reason if that aborted; IngressError if the client ended first.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    const signal = flushSignal(options);
    this.#writer.seal();
    const wait = linkedAbortController(this.#delivery.ended, signal);
    const flushed = await this.#queue.whenFlushed(wait.signal);
    wait.abort();
    if (flushed) {
      return;
    }
    signal?.throwIfAborted();
    throw this.#delivery.failure ?? new IngressError("the client ended before everything was sent");
  }

  /**
   * Flushes the queue, ends the stream, waits for the server's confirmation and for pending events,
   * and closes the connection. Further calls return the same promise.
   *
   * @throws IngressError if this takes longer than `closeTimeoutMs`, which drops the remaining
   * envelopes; if the server ended the stream with an error, so that the last envelopes may be
   * lost; if the client's signal aborts meanwhile; or if the client failed before.
   */
  close(): Promise<void> {
    return this.#delivery.close(() => this.#events.whenIdle());
  }

  /**
   * The same as `close()`, under its name in go-loggregator.
   *
   * @throws IngressError, as `close()` does.
   */
  closeSend(): Promise<void> {
    return this.close();
  }

  /**
   * `await using`: the same as `close()`, but a failure is reported to the logger and not thrown.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return closeAndReport(this, this.#reporter);
  }

  #isClosed(): boolean {
    if (!this.#queue.closed) {
      return false;
    }
    this.#queue.refuse();
    return true;
  }
}
