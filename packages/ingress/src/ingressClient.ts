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
  type ConnectionStatus,
  type Logger,
  positiveMs,
  retrySettings,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { Connection } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory, Status } from "nice-grpc";
import { runAcknowledgedSender } from "./acknowledgedSender.js";
import { BatchQueue } from "./batchQueue.js";
import { diagnostics } from "./diagnostics.js";
import { eitherSignal } from "./eitherSignal.js";
import { IngressError } from "./errors.js";
import { sendCall } from "./ingressCalls.js";
import {
  type ClientSettings,
  clientSettings,
  type IngressClientOptions,
  type IngressStats,
} from "./options.js";
import { stallTimeout } from "./stallTimeout.js";
import { runStreamSender } from "./streamSender.js";
import { ingressServerName } from "./tls.js";

/**
 * The forwarder agent ends connections that are pinged more often than every 5 minutes.
 * Source: gRPC's default enforcement policy for servers, see docs/protocol.md.
 */
const keepaliveIntervalMs = 305_000;

/**
 * Sends envelopes to an agent (or a router) over gRPC with mutual TLS, in batches.
 *
 * `emit…` put an envelope into a bounded queue and return; the client connects with the first one,
 * sends in the background and reconnects by itself. End it with `closeSend()`, or `await using`,
 * which sends what waits, or with the signal, which drops it: until then it keeps the process alive.
 */
export class IngressClient implements Emitter, AsyncDisposable {
  readonly #settings: ClientSettings;
  readonly #queue: BatchQueue;
  readonly #connection: Connection;
  readonly #backoff: Backoff;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly #logger: Logger;
  readonly #signal: AbortSignal | undefined;
  readonly #onDropped: ((count: number) => void) | undefined;
  readonly #onRetryableError: ((error: Error) => void) | undefined;
  /** Ends all that is under way. */
  readonly #abort = new AbortController();
  readonly #eventWriter: EnvelopeBatchWriter;
  readonly #eventClient: Client<typeof sendCall>;
  /** Events that are not acknowledged yet. */
  readonly #events = new Set<Promise<unknown>>();
  #reconnects = 0;
  /** Why sending failed last, while nothing was sent since. */
  #lastError: Error | undefined;
  /** The sender at work; resolved when all is sent after `closeSend()`, or sending ended for good. */
  #running: Promise<void> | undefined;
  /** Why sending ended for good, where it did not end well. */
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @throws TypeError, RangeError for options that can't be: an address that does not parse, a
   * batch size that is no positive whole number; TlsError for certificates that can't be used.
   */
  constructor(options: IngressClientOptions) {
    const settings = clientSettings(options);
    const { address, tags } = settings;
    this.#settings = settings;
    this.#logger = safeLogger(options.logger);
    this.#signal = options.signal;
    this.#onDropped = options.onDropped;
    this.#onRetryableError = options.onRetryableError;
    this.#backoff = new Backoff({
      ...retrySettings(),
      baseDelayMs: positiveMs("retryBaseDelayMs", options.retryBaseDelayMs ?? 50),
      maxDelayMs: positiveMs("retryMaxDelayMs", options.retryMaxDelayMs ?? 5_000),
    });
    this.#queue = new BatchQueue({
      ...settings,
      onDropped: (count) => {
        this.#logger.warn(`dropped ${count} envelopes`);
        if (diagnostics.drop.hasSubscribers) diagnostics.drop.publish({ address, count });
        this.#tell(() => this.#onDropped?.(count));
      },
      onSent: ({ count, bytes }) => {
        this.#lastError = undefined;
        if (diagnostics.batch.hasSubscribers) {
          diagnostics.batch.publish({ address, count, bytes: bytes.length });
        }
      },
    });
    this.#eventWriter = new EnvelopeBatchWriter(tags);
    this.#connection = new Connection({
      address,
      tls: options.tls,
      serverName: ingressServerName,
      connectTimeoutMs: options.connectTimeoutMs,
      keepaliveIntervalMs,
      channelOptions: options.channelOptions,
      logger: this.#logger,
      onStatus: this.#status.push,
    });
    this.#eventClient = createClientFactory()
      .use(stallTimeout(address, settings.stallTimeoutMs))
      .use(this.#connection.middleware)
      .create(sendCall, this.#connection.channel);
    if (this.#signal?.aborted) this.#end();
    else this.#signal?.addEventListener("abort", this.#aborted);
  }

  /** What the client has done so far. */
  get stats(): IngressStats {
    const { sent, dropped, queued } = this.#queue;
    return { sent, dropped, queued, reconnects: this.#reconnects };
  }

  /**
   * What happens to the connection: first how things stand, then what happens. Ends behind
   * `closed`, when the client has ended. An iteration that is read too slowly misses the oldest of
   * what happened, and keeps 64.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
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
    const sending = this.#sendEvent(bytes, options.signal);
    this.#events.add(sending);
    try {
      await sending;
    } finally {
      this.#events.delete(sending);
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
    const left = await this.#queue.untilLeft(signal);
    abort();
    if (left) return;
    options.signal?.throwIfAborted();
    throw this.#failure ?? new IngressError("the client ended before everything was sent");
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
    const { closeTimeoutMs } = this.#settings;
    this.#queue.close();
    const timer = setTimeout(() => {
      const { queued } = this.#queue;
      const got = queued > 0 ? `${queued} envelopes still queued` : "all sent, but no end";
      const cause = this.#lastError;
      this.#failure ??= new IngressError(
        `expected the server to take what was queued and to end the stream within ${closeTimeoutMs} ms, got ${got}${cause ? `: ${cause.message}` : ""}`,
        cause && { cause },
      );
      this.#end();
    }, closeTimeoutMs);
    await Promise.allSettled([this.#running, ...this.#events]);
    clearTimeout(timer);
    this.#end();
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
    const { address, delivery, stallTimeoutMs } = this.#settings;
    const release = this.#connection.acquire();
    const context = {
      queue: this.#queue,
      connection: this.#connection,
      address,
      backoff: this.#backoff,
      stallTimeoutMs,
      onFailure: (error: Error, delayMs: number) => {
        this.#reconnects++;
        this.#lastError = error;
        if (diagnostics.reconnect.hasSubscribers) {
          diagnostics.reconnect.publish({ address, error, delayMs });
        }
        this.#status.push({ type: "retrying", error, delayMs });
        this.#logger.warn(`${error.message}; trying again in ${Math.round(delayMs)} ms`);
        this.#tell(() => this.#onRetryableError?.(error));
      },
    };
    const send = delivery === "acknowledged" ? runAcknowledgedSender : runStreamSender;
    try {
      await send(context, this.#abort.signal);
    } catch (cause) {
      if (!this.#abort.signal.aborted) {
        this.#failure = new IngressError(explain(cause, 'use delivery "stream"'), { cause });
        this.#logger.error(this.#failure.message);
      }
    } finally {
      release();
      // A close has events to wait for, too.
      if (this.#closing === undefined) this.#end();
    }
  }

  async #sendEvent(bytes: Uint8Array, outer: AbortSignal | undefined): Promise<void> {
    const release = this.#connection.acquire();
    const { signal, abort } = eitherSignal(this.#abort.signal, outer);
    try {
      await this.#eventClient.send(bytes, { signal });
    } catch (cause) {
      outer?.throwIfAborted();
      const reason = this.#abort.signal.aborted
        ? "the client ended first"
        : explain(cause, "use emit(eventEnvelope(title, body))");
      throw new IngressError(`the event was not delivered: ${reason}`, { cause });
    } finally {
      abort();
      release();
    }
  }

  readonly #aborted = (): void => {
    if (this.#closing !== undefined) {
      this.#failure ??= new IngressError("the signal aborted before everything was sent", {
        cause: this.#signal?.reason,
      });
    }
    this.#end();
  };

  /** Ends everything now. What waits is dropped. */
  #end(): void {
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#abort.abort();
    this.#queue.discard();
    this.#status.push({ type: "closed", ...(this.#failure && { error: this.#failure }) });
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

/** @param advice What to do where the server has no acknowledged calls. */
function explain(error: unknown, advice: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ClientError && error.code === Status.UNIMPLEMENTED
    ? `${message}: the server has no acknowledged calls, as routers have none: ${advice}`
    : message;
}
