import type { Envelope } from "@loggregator/api";
import { checkAtLeast, checkDelay, checkSignal, checkTimeout } from "./arguments.js";
import { endpointUrl } from "./endpoint.js";
import { type StreamSettings, streamBatches } from "./envelopeStream.js";
import type { InvalidEventError } from "./errors.js";
import { checkFetch, type Fetch } from "./fetch.js";
import { checkRequest, type GatewayRequest, readUrl } from "./gatewayRequest.js";
import { type Logger, safeLogger } from "./logger.js";
import { type GatewayStats, type GatewayStatus, StatusBoard } from "./status.js";
import { parseToken, type TokenFunction } from "./token.js";

/** Where the gateway is, and how to deal with it. */
export interface RlpGatewayClientOptions {
  /** The gateway: `https://log-stream.<system domain>` of a Cloud Foundry. */
  readonly url: string | URL;
  /**
   * The OAuth token, with or without `bearer` before it, or a function that gives it, such as
   * {@link uaaClientCredentials} makes. Default: none is sent, for a proxy that adds one.
   */
  readonly token?: string | TokenFunction | undefined;
  /** Default: the global `fetch`. Give another for HTTP/2 in Node.js, or for a CA of your own. */
  readonly fetch?: Fetch | undefined;
  /** Is told of connections (debug), of retries and of invalid events (warn). Default: silent. */
  readonly logger?: Logger | undefined;
  /** How many failures in a row are retried; an event between them starts anew. Default: 10. */
  readonly maxRetries?: number | undefined;
  /** The pause before the first retry, in milliseconds; each further one is up to twice as long. Default: 50. */
  readonly retryBaseDelayMs?: number | undefined;
  /** The longest pause before a retry, in milliseconds. Default: 5,000. */
  readonly retryMaxDelayMs?: number | undefined;
  /**
   * After so many milliseconds without a byte a connection is taken for dead and replaced. The
   * gateway sends a heartbeat after 15 s without envelopes. Time in which the reader is busy does
   * not count. Default: 45,000. `Infinity`: never.
   */
  readonly heartbeatTimeoutMs?: number | undefined;
  /**
   * How many characters one event may have; a longer one ends the stream with
   * `EventTooLargeError`. At most about as much is held of what has arrived. Default: 10 Mi.
   */
  readonly maxEventLength?: number | undefined;
  /** Called before each retry: why, the how manieth in a row from 1 on, and after what pause. */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => void)
    | undefined;
  /** Called for each event that is no batch of envelopes; the stream goes on without it. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
}

/** Options of one stream. */
export interface StreamOptions {
  /** Ends the stream: its iteration ends quietly, its request is closed at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads envelopes from Loggregator's RLP gateway over Server-Sent Events.
 *
 * It needs `fetch` and web streams only, so it runs in browsers as in Node.js, Deno and Bun.
 */
export class RlpGatewayClient implements AsyncDisposable {
  readonly #url: string;
  readonly #settings: StreamSettings;
  readonly #life = new AbortController();
  readonly #board = new StatusBoard();

  /** @throws TypeError or RangeError for an option that can't be meant; no request is made yet. */
  constructor(options: RlpGatewayClientOptions) {
    this.#url = endpointUrl("url", options.url);
    const logger = safeLogger(options.logger);
    this.#settings = {
      token: checkToken(options.token),
      fetch: checkFetch(options.fetch),
      logger,
      maxRetries: checkAtLeast("maxRetries", options.maxRetries ?? 10, 0),
      retryBaseDelayMs: checkDelay("retryBaseDelayMs", options.retryBaseDelayMs ?? 50),
      retryMaxDelayMs: checkDelay("retryMaxDelayMs", options.retryMaxDelayMs ?? 5_000),
      heartbeatTimeoutMs: checkTimeout("heartbeatTimeoutMs", options.heartbeatTimeoutMs ?? 45_000),
      maxEventLength: checkAtLeast("maxEventLength", options.maxEventLength ?? 10 * 1024 * 1024, 1),
      onRetryableError: safeCallback("onRetryableError", options.onRetryableError, logger),
      onInvalidEvent: safeCallback("onInvalidEvent", options.onInvalidEvent, logger),
      board: this.#board,
    };
  }

  /**
   * The envelopes of a request, in the gateway's order, batch by batch as they arrive. The request
   * is made when the first batch is asked for, and by each iteration anew.
   *
   * The stream reads no faster than its consumer. It goes on over lost and closed connections, but
   * what the gateway sends in between is not sent again. It ends quietly when the signal aborts or
   * the client is closed; leaving the loop closes the request as well.
   *
   * The iteration throws
   * - `GatewayResponseError`: the gateway refused the request, and a retry would not help;
   * - `RetriesExhaustedError`: more than `maxRetries` failures in a row;
   * - `EventTooLargeError`: an event is longer than `maxEventLength`;
   * - `TokenError`: there is no token to be had.
   *
   * @throws TypeError or RangeError, at the call, for a request that the gateway can't be asked
   *   for, and the message says how to ask instead; for a signal that is none.
   */
  stream(request: GatewayRequest, options: StreamOptions = {}): AsyncIterable<Envelope[]> {
    if (this.#life.signal.aborted) {
      throw new TypeError("stream: expected an open client, got one that is closed");
    }
    checkRequest(request);
    checkSignal("signal", options.signal);
    const url = readUrl(this.#url, request);
    const signals = [this.#life.signal];
    if (options.signal !== undefined) signals.push(options.signal);
    return { [Symbol.asyncIterator]: () => streamBatches(url, this.#settings, signals) };
  }

  /** What the client has done so far. */
  get stats(): GatewayStats {
    return { ...this.#board.counts };
  }

  /**
   * What happens to the connections of the client's streams, from the first `next()` on. Ends when
   * the client is closed. One that is read too slowly misses the oldest of what happened, and
   * keeps 64.
   */
  status(): AsyncIterableIterator<GatewayStatus, undefined> {
    return this.#board.read();
  }

  /** Ends all streams of this client and closes their requests. */
  close(): void {
    this.#life.abort();
    this.#board.tell({ type: "closed" });
  }

  /** As `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** What a user's callback throws must not end a stream. */
function safeCallback<Told extends unknown[]>(
  name: string,
  callback: ((...told: Told) => void) | undefined,
  logger: Logger,
): (...told: Told) => void {
  if (callback !== undefined && typeof callback !== "function") {
    throw new TypeError(`${name}: expected a function, got ${typeof callback}`);
  }
  return (...told) => {
    try {
      callback?.(...told);
    } catch (error) {
      logger.error(`${name} threw: ${String(error)}`);
    }
  };
}

function checkToken(token: string | TokenFunction | undefined): string | TokenFunction | undefined {
  if (token === undefined || typeof token === "function") return token;
  const bare = parseToken(token);
  if (bare !== undefined) return bare;
  // The value is a secret, even where it is a wrong one.
  throw new TypeError(
    `token: expected a string of visible ASCII characters or a function, got ${
      typeof token === "string" ? `a string of ${token.length} characters` : typeof token
    }`,
  );
}
