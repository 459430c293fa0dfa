import { channel } from "node:diagnostics_channel";
import type {
  CounterOptions,
  Emitter,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
} from "@loggregator/api";
import { EventWriter } from "@loggregator/api/v1";
import {
  type ConnectionStatus,
  checkOptionNames,
  DropReporter,
  dropNotice,
  guardedCallback,
  headerCheck,
  type Logger,
  OutageReporter,
  onAbort,
  optionalFunction,
  parseHostPort,
  positiveMs,
  StallTimer,
  StatusFeed,
  safeLogger,
  senderOptionNames,
  senderSettings,
} from "@loggregator/core";
import { DatagramQueue } from "./datagramQueue.js";
import { DatagramSender } from "./datagramSender.js";
import { maxDatagramBytes, OversizedDatagramError } from "./errors.js";
import type { V1ClientOptions, V1Stats } from "./options.js";
import { withEnvironment } from "./withEnvironment.js";

/** A channel of `node:diagnostics_channel`: `{ address, count }` for each call of `onDropped`. */
const dropChannel = channel("loggregator:v1:drop");

/**
 * Sends dropsonde envelopes to an agent over UDP, one per datagram.
 *
 * `emit…` adds an envelope to a bounded queue and returns; the client starts sending in the next
 * turn of the event loop. The address is looked up for the first envelope, and again after
 * failures. Call `close()`, or use `await using`, to send the queue before the process exits. An
 * idle client does not keep the process running.
 */
export class V1Client implements Emitter, AsyncDisposable {
  readonly #writer: EventWriter;
  readonly #queue: DatagramQueue;
  readonly #sender: DatagramSender;
  readonly #drops: DropReporter;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly #logger: Logger;
  readonly #onError: (error: Error) => void;
  readonly #closeTimeoutMs: number;
  readonly #stopFollowing = () => {};
  #closing: Promise<void> | undefined;
  #closed = false;
  #reconnects = 0;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid or unknown option, such as an empty
   * origin, a malformed address, or a queue size that is not a positive integer.
   */
  constructor(options: V1ClientOptions) {
    checkOptionNames<V1ClientOptions>("options", options, {
      origin: true,
      address: true,
      tags: true,
      unsafeHeaders: true,
      connectTimeoutMs: true,
      onError: true,
      ...senderOptionNames,
    });
    const { origin, address = "localhost:3457", tags, signal, logger } = options;
    optionalFunction("onError", options.onError);
    const { maxQueueSize, maxQueueBytes, retry, closeTimeoutMs } = senderSettings(options);
    const settings = {
      address: parseHostPort("address", address),
      connectTimeoutMs: positiveMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000),
      retry,
    };
    const outage = new OutageReporter("v1 client", logger, address);
    this.#logger = safeLogger(logger);
    this.#onError = guardedCallback("onError", options.onError, this.#logger);
    const onRetryableError = guardedCallback(
      "onRetryableError",
      options.onRetryableError,
      this.#logger,
    );
    const notice = dropNotice({
      subject: `v1 client ${address}`,
      logger,
      onDropped: options.onDropped,
      reason: "the queue was full or they do not fit into a datagram",
      isClosed: () => this.#closed,
    });
    this.#drops = new DropReporter((count) => {
      if (dropChannel.hasSubscribers) {
        dropChannel.publish({ address, count });
      }
      notice(count);
    });
    const checkHeader = headerCheck({
      subject: `v1 client ${address}`,
      unsafeHeaders: options.unsafeHeaders,
      logger,
    });
    this.#writer = new EventWriter(origin, tags, checkHeader);
    const tagNames = Object.keys(tags ?? {});
    checkHeader?.({ sourceId: "", origin: "", instanceId: "", tagNames });
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#queue = new DatagramQueue(maxQueueSize, maxQueueBytes);
    this.#sender = new DatagramSender(this.#queue, settings, {
      onConnecting: () => this.#status.push({ type: "connecting" }),
      onOpen: () => this.#status.push({ type: "open" }),
      onDropped: (count) => this.#drops.add(count),
      onOversized: (error) => this.#oversized(error),
      onFailure: (error, attempt, delayMs) => {
        this.#reconnects++;
        outage.failed(error, delayMs);
        this.#status.push({ type: "retrying", error, delayMs });
        this.#onError(error);
        onRetryableError(error, attempt, delayMs);
      },
      onRecovered: () => outage.recovered(),
      onGivenUp: (error) => {
        outage.ended(error);
        this.#onError(error);
        this.#end(error);
      },
    });
    this.#stopFollowing = onAbort(signal, () => this.#end());
  }

  /**
   * Creates a client from the environment variable `LOGGREGATOR_V1_ADDRESS`, as `loggregator emulate
   * --env` writes it. Without it, the default of `address` applies.
   *
   * @param options The origin, and further options. They take precedence.
   * @throws OptionTypeError, OptionRangeError as the constructor does.
   */
  static fromEnv(options: V1ClientOptions): V1Client {
    return new V1Client(withEnvironment(options, process.env));
  }

  /** The statistics of the client. */
  get stats(): V1Stats {
    const queued = this.#queue.size + this.#sender.inFlight;
    const dropped = this.#drops.total;
    return { sent: this.#sender.sent, dropped, queued, reconnects: this.#reconnects };
  }

  /**
   * Yields the status of the client's socket and then each change; ends after `closed`. UDP has no
   * connection: `open` means that the address was resolved and the socket is ready.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Emits a log message, with the source id, source type and instance id as fields.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitLog(message: string | Uint8Array, options?: LogOptions): void {
    this.#emit(this.#writer.log(message, options));
  }

  /**
   * Emits a counter event: an increment by `delta`, default 1, or a `total`.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitCounter(name: string, options?: CounterOptions): void {
    this.#emit(this.#writer.counter(name, options));
  }

  /**
   * Emits one value metric per metric, or a single container metric if there is a source id, the
   * instance id is an integer, and the metrics are exactly cpu, memory, disk, memory_quota and
   * disk_quota.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    for (const datagram of this.#writer.gauge(metrics, options)) {
      this.#emit(datagram);
    }
  }

  /**
   * Sends the queue and closes the socket. Envelopes that are emitted afterwards, or cannot be sent
   * within `closeTimeoutMs`, are dropped; see `stats` and `onDropped`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const timeout = new StallTimer(this.#closeTimeoutMs, () => this.#end());
    timeout.start();
    await this.#sender.drain();
    timeout.stop();
    this.#end();
  }

  #emit(datagram: Uint8Array): void {
    if (this.#closed) {
      this.#drops.add(1);
    } else if (datagram.length > maxDatagramBytes) {
      this.#drops.add(1);
      this.#oversized(new OversizedDatagramError(datagram.length));
    } else {
      this.#drops.add(this.#queue.push(datagram));
      this.#sender.start();
    }
  }

  /** Ends everything immediately, and drops the queue. */
  #end(error?: Error): void {
    this.#closed = true;
    this.#drops.close();
    this.#stopFollowing();
    this.#sender.end();
    this.#drops.add(this.#queue.clear());
    this.#status.push(error === undefined ? { type: "closed" } : { type: "closed", error });
  }

  #oversized(error: OversizedDatagramError): void {
    this.#logger.warn(error.message);
    this.#onError(error);
  }
}
