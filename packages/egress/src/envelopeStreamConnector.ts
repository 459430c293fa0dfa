import {
  type EgressBatchRequest,
  EgressDefinition,
  type Envelope,
  type EnvelopeBatch,
} from "@loggregator/api";
import {
  type ConnectionStatus,
  type Logger,
  onAbort,
  optionalSignal,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import { Connection, type ConnectionOptions, type TlsSource } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory } from "nice-grpc";
import { buffered, checkBuffer, type StreamBuffer } from "./buffered.js";
import { diagnostics } from "./diagnostics.js";
import { batchRequest, type EnvelopeStreamRequest } from "./envelopeStreamRequest.js";
import { EgressError } from "./errors.js";
import { pacedConnection } from "./pacedConnection.js";
import {
  checkReconnectOptions,
  type ReconnectOptions,
  reconnectMiddleware,
} from "./reconnectMiddleware.js";
import { egressServerName } from "./tls.js";

/** How a connector reads. */
export interface EnvelopeStreamConnectorOptions {
  /** The Reverse Log Proxy's address: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /**
   * Certificates and key for mutual TLS, from `loadEgressTls`; or a function that is asked for
   * them at each new connection, so that re-issued certificates are picked up.
   */
  readonly tls: TlsSource;
  /** When and how often a stream that broke is opened again. Default: for ever, after 50 ms to 5 s. */
  readonly retry?: ReconnectOptions | undefined;
  /**
   * Reads on while the consumer is busy. Default: the consumer's pace is the stream's, and a
   * server that can't send drops envelopes on its side.
   */
  readonly buffer?: StreamBuffer | undefined;
  /**
   * How long an attempt to connect takes at most, in milliseconds, with the time that `tls` takes.
   * Default: 10,000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Options of grpc-js for the connection, by their gRPC names. */
  readonly channelOptions?: ConnectionOptions["channelOptions"];
}

/** What a connector has done so far. */
export interface EgressStats {
  /** Streams that are being read now. */
  readonly streams: number;
  /** Envelopes that were read from the server. */
  readonly received: number;
  /** The batches they came in. */
  readonly batches: number;
  /** Batches of these that a `buffer` overwrote before they were read from it. */
  readonly dropped: number;
  /** How often a stream broke, or could not be opened, and was tried again. */
  readonly reconnects: number;
}

/** Batches of envelopes, for `for await`. Leaving the loop, or disposing, closes the stream. */
export interface EnvelopeStream extends AsyncIterableIterator<Envelope[]>, AsyncDisposable {}

/**
 * Reads streams of envelopes from a Reverse Log Proxy over gRPC with mutual TLS. All streams share
 * one connection, which is there while there are streams.
 */
export class EnvelopeStreamConnector implements AsyncDisposable {
  readonly #address: string;
  readonly #connection: Connection;
  readonly #client: Client<EgressDefinition, ReconnectOptions>;
  readonly #retry: ReconnectOptions;
  readonly #buffer: StreamBuffer | undefined;
  readonly #logger: Logger;
  readonly #status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  readonly #streams = new Set<AbortController>();
  #received = 0;
  #batches = 0;
  #dropped = 0;
  #reconnects = 0;

  /**
   * @throws TypeError, RangeError for options that can't be, such as an address that does not
   * parse; TlsError for certificates that can't be used.
   */
  constructor(options: EnvelopeStreamConnectorOptions) {
    const { address, tls, retry = {}, buffer, channelOptions } = options;
    checkReconnectOptions(retry);
    if (buffer !== undefined) checkBuffer(buffer);
    this.#address = address;
    this.#retry = retry;
    this.#buffer = buffer;
    this.#logger = safeLogger(options.logger);
    this.#connection = new Connection({
      address,
      tls,
      serverName: egressServerName,
      connectTimeoutMs: options.connectTimeoutMs,
      channelOptions,
      logger: this.#logger,
      onStatus: this.#status.push,
    });
    // What is used last comes first: each new try asks for the connection anew.
    this.#client = createClientFactory()
      .use(pacedConnection(this.#connection, retry))
      .use(reconnectMiddleware)
      .create(EgressDefinition, this.#connection.channel);
  }

  /** What the connector has done so far. */
  get stats(): EgressStats {
    return {
      streams: this.#streams.size,
      received: this.#received,
      batches: this.#batches,
      dropped: this.#dropped,
      reconnects: this.#reconnects,
    };
  }

  /**
   * What happens to the connection: first how things stand, then what happens; `retrying` is told
   * for each stream. Ends behind `closed`, when the connector is disposed. An iteration that is
   * read too slowly misses the oldest of what happened, and keeps 64.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Opens a stream when it is first read from, and again whenever it breaks. It ends quietly, with
   * no batch more, when the signal aborts or the loop is left, and both close the call at once.
   *
   * The iteration throws EgressError for a status that no retry can mend: INVALID_ARGUMENT (no
   * selectors, for one), UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED; or after
   * `retryMaxAttempts`.
   *
   * @throws TypeError where `selectors` is no array of selectors, an id no string, `signal` no signal.
   */
  stream(
    request: EnvelopeStreamRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): EnvelopeStream {
    optionalSignal("signal", options.signal);
    const abort = new AbortController();
    const batches = this.#read(batchRequest(request), options.signal, abort);
    const end = () => {
      // A generator comes to an end only between two values: the abort ends the wait for one.
      abort.abort();
      return batches.return(undefined);
    };
    return {
      next: () => batches.next(),
      return: end,
      [Symbol.asyncIterator]() {
        return this;
      },
      async [Symbol.asyncDispose]() {
        await end();
      },
    };
  }

  /** `await using`: ends all streams that there are, quietly. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.abort();
    this.#status.push({ type: "closed" });
  }

  async *#read(
    request: EgressBatchRequest,
    outer: AbortSignal | undefined,
    abort: AbortController,
  ): AsyncGenerator<Envelope[], undefined> {
    if (outer?.aborted) return;
    const { signal } = abort;
    const unfollow = onAbort(outer, () => abort.abort());
    // The connection is let go by the abort itself: the consumer may be long in coming back.
    signal.addEventListener("abort", this.#connection.acquire(), { once: true });
    this.#streams.add(abort);
    try {
      const responses = this.#client.batchedReceiver(request, {
        ...this.#retry,
        signal,
        onRetryableError: (error, attempt, delayMs) => {
          this.#reconnects++;
          if (diagnostics.reconnect.hasSubscribers) {
            diagnostics.reconnect.publish({ address: this.#address, error, delayMs });
          }
          this.#status.push({ type: "retrying", error, delayMs });
          this.#logger.warn(`${error.message}; trying again in ${Math.round(delayMs)} ms`);
          this.#tell(() => this.#retry.onRetryableError?.(error, attempt, delayMs));
        },
      });
      for await (const { batch } of this.#buffered(responses)) {
        if (signal.aborted) return;
        if (this.#buffer === undefined) this.#count(batch);
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof ClientError ? new EgressError(error) : error;
    } finally {
      unfollow();
      this.#streams.delete(abort);
      abort.abort();
    }
  }

  #buffered(responses: AsyncIterable<EnvelopeBatch>): AsyncIterable<EnvelopeBatch> {
    if (this.#buffer === undefined) return responses;
    const { size, onDropped } = this.#buffer;
    return buffered(responses, {
      size,
      onBatch: (batch) => this.#count(batch),
      onDropped: (missed) => {
        this.#dropped += missed;
        if (diagnostics.drop.hasSubscribers) {
          diagnostics.drop.publish({ address: this.#address, count: missed });
        }
        this.#tell(() => onDropped?.(missed));
      },
    });
  }

  #count({ length: count }: Envelope[]): void {
    this.#received += count;
    this.#batches++;
    if (diagnostics.batch.hasSubscribers) {
      diagnostics.batch.publish({ address: this.#address, count });
    }
  }

  /** What a user's callback throws must not end a stream. */
  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#logger.error(`a callback threw: ${String(error)}`);
    }
  }
}
