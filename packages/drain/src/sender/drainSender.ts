import {
  type CounterOptions,
  counterEnvelope,
  type Emitter,
  type Envelope,
  type EnvelopeOptions,
  eventEnvelope,
  type GaugeMetrics,
  gaugeEnvelope,
  type LogOptions,
  logEnvelope,
  type Timestamp,
  timerEnvelope,
} from "@loggregator/api";
import {
  type ConnectionStatus,
  closeAndReport,
  dropNotice,
  type FlushOptions,
  flushSignal,
  guardedCallback,
  type Logger,
  linkedAbortController,
  OutageReporter,
  objectArgument,
  onAbort,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { fromEnvelope, MarshalError, marshal } from "@loggregator/rfc5424";
import { Delivery } from "./delivery.js";
import { EnvelopeQueue } from "./envelopeQueue.js";
import { DrainCloseError } from "./errors.js";
import {
  type DrainSenderOptions,
  type DrainSenderSettings,
  type DrainSenderStats,
  drainSenderSettings,
} from "./options.js";

/**
 * Sends envelopes as Cloud Foundry's agent sends them to a syslog drain. Node.js only.
 *
 * `emit…` adds an envelope to a bounded queue and returns. The sender connects when the first one
 * is emitted, sends in the background and retries as the agent does. Close it with `close()` or
 * `await using`, which flush the queue, or by aborting its signal, which drops it.
 */
export class DrainSender implements Emitter, AsyncDisposable {
  readonly #settings: DrainSenderSettings;
  readonly #queue: EnvelopeQueue;
  readonly #delivery: Delivery;
  readonly #reporter: OutageReporter;
  readonly #logger: Logger;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(options: DrainSenderOptions) {
    const settings = drainSenderSettings(options);
    const { signal, logger } = options;
    this.#settings = settings;
    this.#logger = safeLogger(logger);
    this.#reporter = new OutageReporter(`drain sender ${settings.target.name}`, logger);
    this.#queue = new EnvelopeQueue({
      maxSize: settings.maxQueueSize,
      maxBytes: settings.maxQueueBytes,
      onDropped: dropNotice({
        subject: `drain sender ${settings.target.name}`,
        logger,
        onDropped: options.onDropped,
        reason: "the queue was full, the attempts were used up or they cannot be written",
        isClosed: () => this.#queue.closed,
      }),
    });
    this.#delivery = new Delivery({
      queue: this.#queue,
      settings,
      reporter: this.#reporter,
      logger: this.#logger,
      status: this.#status,
      onRetryableError: guardedCallback("onRetryableError", options.onRetryableError, this.#logger),
    });
    const removeListener = onAbort(signal, () => this.#delivery.end());
    onAbort(this.#delivery.ended, removeListener);
  }

  /** The statistics of the sender. */
  get stats(): DrainSenderStats {
    const { sent, dropped, size } = this.#queue;
    return { sent, dropped, queued: size, reconnects: this.#delivery.reconnects };
  }

  /** Yields the status of the connection, and then each change. Ends after `closed`. */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Emits a log line.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments, as do all `emit…` methods.
   * Then nothing is emitted.
   */
  emitLog(message: string | Uint8Array, options?: LogOptions): void {
    this.emit(logEnvelope(message, options));
  }

  /**
   * Emits a counter: incremented by 1 or by `delta`, or with its `total`.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitCounter(name: string, options?: CounterOptions): void {
    this.emit(counterEnvelope(name, options));
  }

  /**
   * Emits values measured at the same time. Each is sent as a separate message.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    this.emit(gaugeEnvelope(metrics, options));
  }

  /**
   * Emits the duration of an operation.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitTimer(name: string, start: Timestamp, stop: Timestamp, options?: EnvelopeOptions): void {
    this.emit(timerEnvelope(name, start, stop, options));
  }

  /**
   * Emits an event.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitEvent(title: string, body: string, options?: EnvelopeOptions): void {
    this.emit(eventEnvelope(title, body, options));
  }

  /**
   * Emits an envelope. It is dropped if it cannot be written as a message, for example because its
   * source id contains a space.
   *
   * @throws OptionTypeError if it is not an object.
   */
  emit(envelope: Envelope): void {
    objectArgument("envelope", envelope);
    if (this.#queue.closed) {
      this.#queue.refuse();
      return;
    }
    const messages = this.#write(envelope);
    if (messages === undefined) {
      this.#queue.refuse();
      return;
    }
    this.#queue.push({ messages, bytes: messages.reduce((sum, { length }) => sum + length, 0) });
    this.#delivery.start();
  }

  /**
   * Waits until everything emitted so far was sent or dropped, without waiting for batches to fill.
   *
   * @throws The signal's reason if that aborts; DrainCloseError if the sender ends first.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    const signal = flushSignal(options);
    const wait = linkedAbortController(this.#delivery.ended, signal);
    const flushed = await this.#delivery.flush(wait.signal);
    wait.abort();
    signal?.throwIfAborted();
    if (!flushed) {
      throw new DrainCloseError("the sender ended before everything was sent");
    }
  }

  /**
   * Flushes the queue and closes the connection. Further calls return the same promise.
   *
   * @throws DrainCloseError if this takes longer than `closeTimeoutMs`, which drops the remaining
   * envelopes.
   */
  close(): Promise<void> {
    return this.#delivery.close();
  }

  /** Same as `close()`, for `await using`, but logs a failure instead of throwing it. */
  [Symbol.asyncDispose](): Promise<void> {
    return closeAndReport(this, this.#reporter);
  }

  /** Returns the bytes of the messages; undefined if one cannot be written. */
  #write(envelope: Envelope): Uint8Array[] | undefined {
    const { tags, hostname, omitTags, target } = this.#settings;
    const isCounted = target.transport === "syslog";
    try {
      const tagged = { ...envelope, tags: { ...tags, ...envelope.tags } };
      return fromEnvelope(tagged, { hostname, omitTags }).map((message) => {
        const bytes = marshal(message);
        return isCounted ? withCount(bytes) : bytes;
      });
    } catch (error) {
      if (!(error instanceof MarshalError)) {
        throw error;
      }
      this.#logger.warn(`dropped an envelope: ${error.message}`);
      return undefined;
    }
  }
}

/** Octet counting, RFC 5425 and RFC 6587. */
function withCount(message: Uint8Array): Uint8Array {
  const count = `${message.length} `;
  const frame = new Uint8Array(count.length + message.length);
  for (let i = 0; i < count.length; i++) {
    frame[i] = count.charCodeAt(i);
  }
  frame.set(message, count.length);
  return frame;
}
