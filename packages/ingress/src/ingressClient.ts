import {
  type CounterOptions,
  type Emitter,
  type Envelope,
  EnvelopeBatchWriter,
  type EnvelopeOptions,
  type GaugeMetrics,
  type LogOptions,
  type Timestamp,
} from "@loggregator/api";
import {
  Backoff,
  Connection,
  type Logger,
  maxMessageBytes,
  positiveMs,
  silentLogger,
  wholeNumber,
} from "@loggregator/transport";
import { isAbortError, rethrowAbortError } from "abort-controller-x";
import { ClientError, createClientFactory, Status } from "nice-grpc";
import { runAcknowledgedSender } from "./acknowledgedSender.js";
import { BatchQueue } from "./batchQueue.js";
import { IngressError } from "./errors.js";
import { ingressCalls } from "./ingressCalls.js";
import type { IngressClientOptions, IngressStats } from "./options.js";
import { runStreamSender } from "./streamSender.js";
import { ingressServerName } from "./tls.js";

/**
 * Sends envelopes to an agent (or a router) over gRPC with mutual TLS, in batches.
 *
 * `emit…` put an envelope into a bounded queue and return; the client connects with the first one,
 * sends in the background and reconnects by itself. End it with `closeSend()`, or `await using`,
 * which sends what waits, or with the signal, which drops it: until then it keeps the process alive.
 */
export class IngressClient implements Emitter, AsyncDisposable {
  readonly #queue: BatchQueue;
  readonly #connection: Connection;
  readonly #options: IngressClientOptions;
  readonly #backoff: Backoff;
  readonly #logger: Logger;
  readonly #closeTimeoutMs: number;
  readonly #abort = new AbortController();
  readonly #eventWriter: EnvelopeBatchWriter;
  #reconnects = 0;
  /** The sender at work; resolved when all is sent after `closeSend()`. */
  #running: Promise<void> | undefined;
  /** Why sending ended for good, where it did not end well. */
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @throws TypeError, RangeError for options that can't be: an address that does not parse, a
   * batch size that is no positive whole number; TlsError for certificates that can't be used.
   */
  constructor(options: IngressClientOptions) {
    const { tags = {}, logger = silentLogger, signal } = options;
    this.#options = options;
    this.#logger = logger;
    this.#closeTimeoutMs = positiveMs("closeTimeoutMs", options.closeTimeoutMs ?? 5_000);
    this.#backoff = new Backoff(options);
    const delivery: unknown = options.delivery ?? "stream";
    if (delivery !== "stream" && delivery !== "acknowledged") {
      throw new TypeError(`delivery: expected "stream" or "acknowledged", got ${String(delivery)}`);
    }
    this.#queue = new BatchQueue({
      tags,
      batchMaxSize: wholeNumber("batchMaxSize", options.batchMaxSize ?? 100),
      flushIntervalMs: positiveMs("flushIntervalMs", options.flushIntervalMs ?? 100),
      maxQueueSize: wholeNumber("maxQueueSize", options.maxQueueSize ?? 100_000),
      maxQueueBytes: wholeNumber("maxQueueBytes", options.maxQueueBytes ?? 64 * 1024 * 1024),
      maxBatchBytes: maxMessageBytes,
      onDropped: (count) => this.#dropped(count),
    });
    this.#eventWriter = new EnvelopeBatchWriter(tags);
    this.#connection = new Connection({
      address: options.address ?? "localhost:3458",
      tls: options.tls,
      serverName: ingressServerName,
      channelOptions: options.channelOptions,
      logger,
    });
    if (signal?.aborted) this.#end();
    else signal?.addEventListener("abort", this.#end, { once: true });
  }

  /** What the client has done so far. */
  get stats(): IngressStats {
    const { sent, dropped, queued } = this.#queue;
    return { sent, dropped, queued, reconnects: this.#reconnects };
  }

  /**
   * Emits one log line.
   *
   * @throws TypeError, RangeError for arguments that can't be an envelope, as all of `emit…` do.
   */
  emitLog(message: string | Uint8Array, options?: LogOptions): void {
    if (this.#isClosed()) return;
    this.#queue.writer.log(message, options);
    this.#added();
  }

  /** Emits a counter: one more, `delta` more, or `total` in all. */
  emitCounter(name: string, options?: CounterOptions): void {
    if (this.#isClosed()) return;
    this.#queue.writer.counter(name, options);
    this.#added();
  }

  /** Emits values measured at one moment. */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    if (this.#isClosed()) return;
    this.#queue.writer.gauge(metrics, options);
    this.#added();
  }

  /** Emits how long something took. */
  emitTimer(name: string, start: Timestamp, stop: Timestamp, options?: EnvelopeOptions): void {
    if (this.#isClosed()) return;
    this.#queue.writer.timer(name, start, stop, options);
    this.#added();
  }

  /** Emits an envelope that is already made. The client's tags are added to it. */
  emit(envelope: Envelope): void {
    if (this.#isClosed()) return;
    this.#queue.writer.envelope(envelope);
    this.#added();
  }

  /**
   * Sends an event with a call of its own and waits until the server has it. Nothing is retried.
   *
   * @throws IngressError when the server refused it or was not there (`cause`: nice-grpc's
   * `ClientError`); AbortError when the signal aborted; TypeError, RangeError for arguments that
   * can't be an envelope.
   */
  async emitEvent(
    title: string,
    body: string,
    options: EnvelopeOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    this.#eventWriter.event(title, body, options);
    const bytes = this.#eventWriter.take();
    if (this.#queue.closed) throw new IngressError("expected an open client, got a closed one");
    const release = this.#connection.hold();
    const { signal, abort } = eitherSignal(this.#abort.signal, options.signal);
    try {
      await createClientFactory()
        .use(this.#connection.middleware)
        .create(ingressCalls(), this.#connection.channel)
        .send(bytes, { signal });
    } catch (cause) {
      rethrowAbortError(cause);
      throw new IngressError(`the event was not delivered: ${explain(cause)}`, { cause });
    } finally {
      abort();
      release();
    }
  }

  /**
   * Waits until everything emitted so far has been handed to the transport (in acknowledged mode:
   * acknowledged), without waiting for batches to fill. While no server is there, that is for as
   * long as that lasts: give a signal to bound it.
   *
   * @throws AbortError when the signal aborted; IngressError when sending ended for good.
   */
  async flush(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#queue.seal();
    const { signal, abort } = eitherSignal(this.#abort.signal, options.signal);
    try {
      await this.#queue.untilLeft(signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw (
        this.#failure ??
        new IngressError("the client ended before everything was sent", { cause: error })
      );
    } finally {
      abort();
    }
  }

  /**
   * Sends what waits, ends the stream and waits for the server's end of it; then closes the
   * connection. Takes `closeTimeoutMs` at most; calling it again waits for the same end.
   *
   * @throws IngressError when not everything could be handed over in that time, or the stream did
   * not end as it should, so that what it carried last may be lost.
   */
  closeSend(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using`: the same as `closeSend()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.closeSend();
  }

  async #close(): Promise<void> {
    this.#queue.close();
    const timer = setTimeout(() => {
      this.#failure ??= new IngressError(
        `expected the server to take all and end the stream within ${this.#closeTimeoutMs} ms, ` +
          `got none of that with ${this.#queue.queued} envelopes still queued`,
      );
      this.#end();
    }, this.#closeTimeoutMs);
    try {
      await this.#running;
    } finally {
      clearTimeout(timer);
      this.#end();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #isClosed(): boolean {
    if (!this.#queue.closed) return false;
    this.#queue.refuse();
    return true;
  }

  #added(): void {
    this.#queue.added();
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const release = this.#connection.hold();
    const context = {
      queue: this.#queue,
      connection: this.#connection,
      backoff: this.#backoff,
      onFailure: (error: Error, delayMs: number) => {
        this.#reconnects++;
        this.#logger.warn(`${error.message}; trying again in ${Math.round(delayMs)} ms`);
        this.#tell(() => this.#options.onRetryableError?.(error));
      },
    };
    try {
      const run =
        this.#options.delivery === "acknowledged" ? runAcknowledgedSender : runStreamSender;
      await run(context, this.#abort.signal);
    } catch (cause) {
      if (!isAbortError(cause)) {
        this.#failure = new IngressError(explain(cause), { cause });
        this.#logger.error(this.#failure.message);
      }
    } finally {
      release();
      this.#end();
    }
  }

  /** Ends everything now. What waits is dropped. */
  readonly #end = (): void => {
    this.#options.signal?.removeEventListener("abort", this.#end);
    this.#abort.abort();
    this.#queue.discard();
  };

  #dropped(count: number): void {
    this.#logger.warn(`dropped ${count} envelopes`);
    this.#tell(() => this.#options.onDropped?.(count));
  }

  /** What a user's callback throws must not end the client. */
  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#logger.error(`a callback threw: ${String(error)}`);
    }
  }
}

/** A signal that aborts when one of two does; `abort()` it when it is no longer needed. */
function eitherSignal(
  own: AbortSignal,
  other: AbortSignal | undefined,
): { signal: AbortSignal; abort: () => void } {
  const either = new AbortController();
  const abort = () => {
    own.removeEventListener("abort", abort);
    other?.removeEventListener("abort", abort);
    either.abort();
  };
  if (own.aborted || other?.aborted) abort();
  own.addEventListener("abort", abort);
  other?.addEventListener("abort", abort);
  return { signal: either.signal, abort };
}

function explain(error: unknown): string {
  if (error instanceof ClientError && error.code === Status.UNIMPLEMENTED) {
    return `${error.message}: the server has no acknowledged calls (a router?), use delivery "stream"`;
  }
  return error instanceof Error ? error.message : String(error);
}
