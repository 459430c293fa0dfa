import { EgressDefinition, type Envelope, type Selector } from "@loggregator/api";
import { OneToOneEnvelopeBatch, Waiter } from "@loggregator/diodes";
import {
  Backoff,
  Connection,
  type ConnectionOptions,
  type Logger,
  silentLogger,
  type TlsSource,
  wholeNumber,
} from "@loggregator/transport";
import { isAbortError } from "abort-controller-x";
import { type Client, ClientError, createClientFactory } from "nice-grpc";
import { EgressError } from "./errors.js";
import { type ReconnectOptions, reconnectMiddleware } from "./reconnectMiddleware.js";
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
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Options of grpc-js for the connection, by their gRPC names. */
  readonly channelOptions?: ConnectionOptions["channelOptions"];
}

/** A buffer in front of a consumer that is slow at times: a diode, which drops what is old when it is full. */
export interface StreamBuffer {
  /** How many batches it holds. */
  readonly size: number;
  /** Told how many batches were dropped, when the consumer comes to read behind the gap. */
  readonly onDropped?: ((missed: number) => void) | undefined;
}

/** Which envelopes a stream is to have. */
export interface EnvelopeStreamRequest {
  /** Streams with the same shard id share its envelopes. Default: "", a copy of all. */
  readonly shardId?: string | undefined;
  /** Set on all streams of a shard: metrics of one name always go to the same stream. Default: "", at random. */
  readonly deterministicName?: string | undefined;
  /** At least one; each is a subscription of its own: what two of them select comes twice. */
  readonly selectors: readonly Selector[];
  /** Used by servers where there are no selectors. */
  readonly legacySelector?: Selector | undefined;
  /** Whether all tags come as text in `tags`; otherwise they come in `deprecatedTags`. Default: true. */
  readonly usePreferredTags?: boolean | undefined;
}

/** Batches of envelopes, for `for await`. Leaving the loop, or disposing, closes the stream. */
export interface EnvelopeStream extends AsyncIterableIterator<Envelope[]>, AsyncDisposable {}

/**
 * Reads streams of envelopes from a Reverse Log Proxy over gRPC with mutual TLS. All streams share
 * one connection, which is there while there are streams.
 */
export class EnvelopeStreamConnector {
  readonly #connection: Connection;
  readonly #client: Client<EgressDefinition, ReconnectOptions>;
  readonly #retry: ReconnectOptions;
  readonly #buffer: StreamBuffer | undefined;
  readonly #logger: Logger;

  /**
   * @throws TypeError, RangeError for options that can't be, such as an address that does not
   * parse; TlsError for certificates that can't be used.
   */
  constructor(options: EnvelopeStreamConnectorOptions) {
    const { address, tls, retry = {}, buffer, logger = silentLogger, channelOptions } = options;
    new Backoff(retry);
    if (buffer !== undefined) wholeNumber("buffer.size", buffer.size);
    this.#retry = retry;
    this.#buffer = buffer;
    this.#logger = logger;
    this.#connection = new Connection({
      address,
      tls,
      serverName: egressServerName,
      channelOptions,
      logger,
    });
    this.#client = createClientFactory()
      .use(reconnectMiddleware)
      .use(this.#connection.middleware)
      .create(EgressDefinition, this.#connection.channel);
  }

  /**
   * Opens a stream when it is first read from, and again whenever it breaks. It ends quietly when
   * the signal aborts or the loop is left, and both close the call.
   *
   * The iteration throws EgressError for a status that no retry can mend: INVALID_ARGUMENT (no
   * selectors, for one), UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED.
   *
   * @throws TypeError where `selectors` is no array.
   */
  stream(
    request: EnvelopeStreamRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): EnvelopeStream {
    if (!Array.isArray(request?.selectors)) {
      throw new TypeError(`selectors: expected an array, got ${String(request?.selectors)}`);
    }
    const abort = new AbortController();
    const batches = this.#read(request, options.signal, abort);
    return {
      next: () => batches.next(),
      // A generator comes to an end only between two values: the abort ends the wait for one.
      return: () => {
        abort.abort();
        return batches.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      async [Symbol.asyncDispose]() {
        abort.abort();
        await batches.return(undefined);
      },
    };
  }

  async *#read(
    request: EnvelopeStreamRequest,
    outer: AbortSignal | undefined,
    abort: AbortController,
  ): AsyncGenerator<Envelope[], undefined> {
    const { signal } = abort;
    const end = () => abort.abort();
    if (outer?.aborted) end();
    outer?.addEventListener("abort", end, { once: true });
    const release = this.#connection.hold();
    try {
      const batches = this.#receive(request, signal);
      yield* this.#buffer === undefined ? batches : buffered(batches, this.#buffer, abort);
    } catch (error) {
      if (signal.aborted && isAbortError(error)) return;
      throw error instanceof ClientError ? new EgressError(error) : error;
    } finally {
      outer?.removeEventListener("abort", end);
      end();
      release();
    }
  }

  async *#receive(request: EnvelopeStreamRequest, signal: AbortSignal): AsyncGenerator<Envelope[]> {
    const { shardId = "", deterministicName = "", selectors, usePreferredTags = true } = request;
    const legacy = request.legacySelector && { legacySelector: request.legacySelector };
    const responses = this.#client.batchedReceiver(
      { shardId, deterministicName, selectors: [...selectors], usePreferredTags, ...legacy },
      {
        ...this.#retry,
        signal,
        onRetryableError: (error, attempt, delayMs) => {
          this.#logger.warn(`${error.message}; trying again in ${Math.round(delayMs)} ms`);
          this.#retry.onRetryableError?.(error, attempt, delayMs);
        },
      },
    );
    for await (const { batch } of responses) yield batch;
  }
}

/** Reads ahead into a diode, and yields from there. */
async function* buffered(
  batches: AsyncIterable<Envelope[]>,
  { size, onDropped }: StreamBuffer,
  abort: AbortController,
): AsyncGenerator<Envelope[]> {
  const diode = new OneToOneEnvelopeBatch(size, onDropped);
  const ended = new AbortController();
  const reading = (async () => {
    try {
      for await (const batch of batches) diode.set(batch);
    } finally {
      ended.abort();
    }
  })();
  // It is awaited below; until then a failure is not an unhandled one.
  reading.catch(() => {});
  try {
    const waiter = new Waiter(diode, { signal: ended.signal });
    for (let batch = await waiter.next(); batch; batch = await waiter.next()) yield batch;
    await reading;
  } finally {
    abort.abort();
    await reading.catch(() => {});
  }
}
