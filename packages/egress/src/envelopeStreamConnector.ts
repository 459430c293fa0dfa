import {
  type EgressBatchRequest,
  EgressDefinition,
  type Envelope,
  type EnvelopeBatch,
} from "@loggregator/api";
import {
  type ConnectionStatus,
  checkOptionNames,
  DropReporter,
  dropNotice,
  guardedCallback,
  type Logger,
  OutageReporter,
  onAbort,
  optionalBoolean,
  optionalSignal,
  type RetryOptions,
  retrySettings,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { Connection, ConnectionError } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory } from "nice-grpc";
import { diagnostics } from "./diagnostics.js";
import { batchRequest, type EnvelopeStreamRequest } from "./envelopeStreamRequest.js";
import { environmentOptions } from "./environmentOptions.js";
import { EgressError } from "./errors.js";
import { checkOptions, type EgressStats, type EnvelopeStreamConnectorOptions } from "./options.js";
import { pacedConnection } from "./pacedConnection.js";
import { type ReconnectOptions, reconnectMiddleware } from "./reconnectMiddleware.js";
import { buffered, type StreamBuffer } from "./streamBuffer.js";
import { egressServerName } from "./tls.js";

/** Options of `EnvelopeStream.stop`. */
export interface StopOptions {
  /**
   * Whether the iteration continues until all received batches are read.
   *
   * @default false
   */
  readonly drain?: boolean | undefined;
}

/** Batches of envelopes, for `for await`. Leaving the loop, or disposing, closes the stream. */
export interface EnvelopeStream extends AsyncIterableIterator<Envelope[]>, AsyncDisposable {
  /**
   * Closes the stream: the iteration ends immediately. With `drain`, only the call ends, and the
   * iteration continues until all received batches are read.
   */
  stop(options?: StopOptions): void;
}

/** Controls the end of a stream. */
interface StreamControl {
  readonly abort: AbortController;
  readonly drain: AbortController;
}

/**
 * Reads streams of envelopes from a Reverse Log Proxy over gRPC with mutual TLS. All streams share
 * one connection, which is open while there are streams.
 */
export class EnvelopeStreamConnector implements AsyncDisposable {
  readonly #address: string;
  readonly #connection: Connection;
  readonly #client: Client<EgressDefinition, ReconnectOptions>;
  readonly #retry: RetryOptions | undefined;
  readonly #buffer: StreamBuffer | undefined;
  readonly #logger: Logger;
  readonly #reporter: OutageReporter;
  readonly #onRetryableError: (
    error: ConnectionError | EgressError,
    attempt: number,
    delayMs: number,
  ) => void;
  readonly #onDropped: (count: number) => void;
  readonly #drops: DropReporter;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly #streams = new Set<StreamControl>();
  readonly #removeAbort = () => {};
  #isClosed = false;
  #received = 0;
  #batches = 0;
  #reconnects = 0;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid or unknown option, such as an address
   * that does not parse; TlsError for certificates that cannot be used.
   */
  constructor(options: EnvelopeStreamConnectorOptions) {
    checkOptions(options);
    const { address, tls, retry, buffer, signal } = options;
    this.#address = address;
    this.#retry = retry;
    this.#buffer = buffer;
    this.#logger = safeLogger(options.logger);
    this.#reporter = new OutageReporter("egress connector", options.logger, address);
    this.#onRetryableError = guardedCallback(
      "onRetryableError",
      options.onRetryableError,
      this.#logger,
    );
    this.#onDropped = guardedCallback("buffer.onDropped", buffer?.onDropped, this.#logger);
    this.#drops = new DropReporter(
      dropNotice({
        subject: `egress connector ${address}`,
        reason: "the consumer was too slow for its buffer",
        logger: options.logger === undefined && buffer?.onDropped ? null : options.logger,
      }),
    );
    this.#connection = new Connection({
      address,
      tls,
      serverName: egressServerName,
      connectTimeoutMs: options.connectTimeoutMs,
      channelOptions: options.channelOptions,
      logger: this.#logger,
      onStatus: this.#status.push,
    });
    // The last middleware is called first, so that each retry waits for the connection.
    this.#client = createClientFactory()
      .use(
        pacedConnection(this.#connection, retrySettings(retry), () => this.#reporter.recovered()),
      )
      .use(reconnectMiddleware)
      .create(EgressDefinition, this.#connection.channel);
    this.#removeAbort = onAbort(signal, () => this.#close());
  }

  /**
   * Creates a connector from environment variables, as `loggregator emulate --env` writes them:
   * `LOGGREGATOR_EGRESS_ADDRESS`, `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and
   * `LOGGREGATOR_KEY_PATH`. The files are read again for each new connection.
   *
   * @param options Further options. They take precedence.
   * @throws OptionTypeError if a variable is missing or empty, and as the constructor does.
   */
  static fromEnv(options: Partial<EnvelopeStreamConnectorOptions> = {}): EnvelopeStreamConnector {
    return new EnvelopeStreamConnector({ ...environmentOptions(process.env), ...options });
  }

  /** The statistics of the connector. */
  get stats(): EgressStats {
    return {
      streams: this.#streams.size,
      received: this.#received,
      batches: this.#batches,
      dropped: this.#drops.total,
      reconnects: this.#reconnects,
    };
  }

  /**
   * Yields the status of the connection, and then each change; `retrying` comes for each stream. Ends
   * after `closed`, when the connector is closed. A slow reader misses the oldest changes; 64 are
   * kept.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Returns a stream, which is opened on the first read and reopened after a failure. The iteration
   * ends without an error when the signal aborts, the loop is left or the connector is closed; each
   * of these closes the call immediately.
   *
   * The iteration throws an EgressError for a status that no retry can fix: INVALID_ARGUMENT (if
   * there are no selectors, for example), UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED; and
   * after `retry.maxAttempts`.
   *
   * @throws OptionTypeError if the request or the signal is invalid, or has an unknown name.
   */
  stream(
    request: EnvelopeStreamRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): EnvelopeStream {
    checkOptionNames<typeof options>("options", options, { signal: true });
    optionalSignal("signal", options.signal);
    const control = { abort: new AbortController(), drain: new AbortController() };
    const batches = this.#read(batchRequest(request), options.signal, control);
    const end = () => {
      // A generator returns only between two values: aborting ends the wait for a value.
      control.abort.abort();
      return batches.return(undefined);
    };
    return {
      next: () => batches.next(),
      return: end,
      stop: (options: StopOptions = {}) => {
        checkOptionNames<StopOptions>("options", options, { drain: true });
        const drain = optionalBoolean("drain", options.drain, false);
        (drain ? control.drain : control.abort).abort();
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      async [Symbol.asyncDispose]() {
        await end();
      },
    };
  }

  /** Closes all streams, whose iterations end without an error, and the connection. */
  async close(): Promise<void> {
    this.#close();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(): void {
    this.#isClosed = true;
    this.#removeAbort();
    for (const { abort } of this.#streams) {
      abort.abort();
    }
    this.#status.push({ type: "closed" });
  }

  async *#read(
    request: EgressBatchRequest,
    outer: AbortSignal | undefined,
    control: StreamControl,
  ): AsyncGenerator<Envelope[], undefined> {
    const { signal } = control.abort;
    if (this.#isClosed || outer?.aborted || signal.aborted || control.drain.signal.aborted) {
      return;
    }
    const removeAbort = onAbort(outer, () => control.abort.abort());
    // The abort itself releases the connection, as the consumer may take long to call again.
    signal.addEventListener("abort", this.#connection.acquire(), { once: true });
    this.#streams.add(control);
    try {
      const responses = this.#client.batchedReceiver(request, {
        signal,
        drainSignal: control.drain.signal,
        retry: this.#retry,
        onRetryableError: (error, attempt, delayMs) => this.#failed(error, attempt, delayMs),
      });
      for await (const { batch } of this.#buffered(responses)) {
        if (signal.aborted) {
          return;
        }
        if (this.#buffer === undefined) {
          this.#count(batch);
        }
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!(error instanceof ClientError)) {
        throw error;
      }
      throw new EgressError(error, this.#address);
    } finally {
      removeAbort();
      this.#streams.delete(control);
      control.abort.abort();
    }
  }

  #failed(cause: ClientError, attempt: number, delayMs: number): void {
    const error = cause instanceof ConnectionError ? cause : new EgressError(cause, this.#address);
    this.#reconnects++;
    if (diagnostics.reconnect.hasSubscribers) {
      diagnostics.reconnect.publish({ address: this.#address, error, delayMs });
    }
    this.#status.push({ type: "retrying", error, delayMs });
    this.#reporter.failed(error, delayMs);
    this.#onRetryableError(error, attempt, delayMs);
  }

  #buffered(responses: AsyncIterable<EnvelopeBatch>): AsyncIterable<EnvelopeBatch> {
    if (this.#buffer === undefined) {
      return responses;
    }
    return buffered(responses, {
      size: this.#buffer.size,
      onBatch: (batch) => this.#count(batch),
      onDropped: (count) => {
        this.#drops.add(count);
        if (diagnostics.drop.hasSubscribers) {
          diagnostics.drop.publish({ address: this.#address, count });
        }
        this.#onDropped(count);
      },
    });
  }

  #count({ length: count }: Envelope[]): void {
    this.#received += count;
    this.#batches++;
    this.#reporter.recovered();
    if (diagnostics.batch.hasSubscribers) {
      diagnostics.batch.publish({ address: this.#address, count });
    }
  }
}
