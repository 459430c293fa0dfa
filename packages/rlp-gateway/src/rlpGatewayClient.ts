import { checkToken, type TokenFunction } from "@loggregator/auth";
import {
  checkOptionNames,
  emitWarning,
  guardedCallback,
  integerLimit,
  type LinkedAbortController,
  type Logger,
  linkedAbortController,
  OptionRangeError,
  objectArgument,
  onAbort,
  optionalSignal,
  positiveInteger,
  type RetryOptions,
  retrySettings,
  SharedOutage,
  StatusFeed,
  safeLogger,
  timeoutMs,
} from "@loggregator/core";
import { checkFetch, endpointUrl, type FetchOptions } from "@loggregator/core/http";
import type { InvalidEventError } from "./errors.js";
import type { GatewayStats, GatewayStatus } from "./gatewayStatus.js";
import { checkRequest, type GatewayRequest } from "./request/gatewayRequest.js";
import { readUrl } from "./request/readUrl.js";
import type { StreamSettings } from "./stream/batchReader.js";
import { type EnvelopeStream, openEnvelopeStream } from "./stream/envelopeStream.js";

/** The gateway's address, and how the client behaves. */
export interface RlpGatewayClientOptions extends FetchOptions {
  /** The gateway: `https://log-stream.<system domain>` of a Cloud Foundry. */
  readonly url: string | URL;
  /**
   * The OAuth token, with or without `bearer` before it, or a function that returns it, such as
   * those of `@loggregator/auth`.
   *
   * @default none is sent, for a proxy that adds one
   */
  readonly token?: string | TokenFunction | undefined;
  /**
   * Receives connections (debug), fresh tokens and recoveries (info), retries and invalid events
   * (warn).
   *
   * @default the first failure of an outage and the recovery are each reported once through
   * `process.emitWarning`, in browsers through `console.warn`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
  /**
   * When and how often failures are retried. An event resets the count. Limit `maxAttempts` if a
   * stream should end when there is no gateway.
   *
   * @default indefinitely, after 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Maximum number of consecutive failures that are retried: one more ends the stream with
   * `RetriesExhaustedError`. This is the name of `retry.maxAttempts` in Go's client. An
   * `OptionRangeError` is thrown if both are set.
   *
   * @default Infinity
   */
  readonly maxRetries?: number | undefined;
  /**
   * The time in milliseconds after which a silent connection is replaced. The gateway sends a
   * heartbeat after 15 s without envelopes. Time in which the consumer or the process is busy or
   * stopped does not count. `Infinity`: no limit. Lower it to replace dead connections sooner, but
   * keep it above 15 s.
   *
   * @default 45_000
   */
  readonly heartbeatTimeoutMs?: number | undefined;
  /**
   * The longest event in characters; a longer one ends the stream with `EventTooLargeError`. It
   * bounds the memory for an incomplete event. Raise it if a gateway sends longer ones.
   *
   * @default 10_485_760
   */
  readonly maxEventLength?: number | undefined;
  /**
   * Called before each retry, with the number of the attempt, from 1, and the delay before it in
   * milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Called for each event that is not a batch of envelopes. The event is skipped.
   *
   * @default none
   */
  readonly onInvalidEvent?: ((error: InvalidEventError) => unknown) | undefined;
  /**
   * Closes the client, as `close()` does, when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of one stream. */
export interface StreamOptions {
  /**
   * Ends the stream: its request is closed immediately, and its iteration ends without an error.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads envelopes from Loggregator's RLP gateway over Server-Sent Events.
 *
 * It only uses `fetch` and web streams, so it runs in browsers, Node.js, Deno and Bun.
 */
export class RlpGatewayClient implements AsyncDisposable {
  readonly #url: string;
  readonly #settings: StreamSettings;
  readonly #life: LinkedAbortController;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. Nothing is sent yet. */
  constructor(options: RlpGatewayClientOptions) {
    checkOptionNames<RlpGatewayClientOptions>("options", options, {
      url: true,
      token: true,
      fetch: true,
      logger: true,
      retry: true,
      maxRetries: true,
      heartbeatTimeoutMs: true,
      maxEventLength: true,
      onRetryableError: true,
      onInvalidEvent: true,
      signal: true,
    });
    optionalSignal("signal", options.signal);
    this.#url = endpointUrl("url", options.url);
    const logger = safeLogger(options.logger);
    this.#settings = {
      token: checkToken(options.token),
      fetch: checkFetch(options.fetch),
      retry: checkRetry(options),
      heartbeatTimeoutMs: timeoutMs("heartbeatTimeoutMs", options.heartbeatTimeoutMs ?? 45_000),
      maxEventLength: positiveInteger("maxEventLength", options.maxEventLength ?? 10 * 1024 * 1024),
      logger,
      outages: new SharedOutage("gateway client", options.logger, this.#url),
      statuses: new StatusFeed(),
      stats: { streams: 0, received: 0, batches: 0, invalidEvents: 0, reconnects: 0 },
      onRetryableError: guardedCallback("onRetryableError", options.onRetryableError, logger),
      onInvalidEvent: invalidEventReporter(options, logger),
    };
    this.#life = linkedAbortController(options.signal);
    onAbort(this.#life.signal, () => this.#settings.statuses.push({ type: "closed" }));
  }

  /**
   * Creates a client from the environment, in Node.js, Deno and Bun: `LOGGREGATOR_GATEWAY_URL`, as
   * `loggregator emulate --env` writes it, and `CF_TOKEN`, if it is set. Options take precedence.
   *
   * @throws OptionTypeError if no URL is set.
   */
  static fromEnv(options: Partial<RlpGatewayClientOptions> = {}): RlpGatewayClient {
    objectArgument("options", options);
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    const { LOGGREGATOR_GATEWAY_URL, CF_TOKEN } = process?.env ?? {};
    return new RlpGatewayClient({
      token: CF_TOKEN || undefined,
      ...options,
      url: options.url ?? endpointUrl("LOGGREGATOR_GATEWAY_URL", LOGGREGATOR_GATEWAY_URL),
    });
  }

  /**
   * Returns a stream of the envelopes that match a request, batch by batch in the gateway's order.
   * The request is sent when the first batch is awaited, and again by each further iteration.
   *
   * The stream reads no faster than its consumer. It reconnects after lost and closed connections,
   * but the gateway does not repeat envelopes that were sent in the meantime. It ends without an
   * error when the signal aborts, the stream is stopped or the client is closed. Leaving the loop
   * closes the request.
   *
   * The iteration throws
   * - `GatewayResponseError` if the gateway refused the first request, or the request is invalid;
   * - `RetriesExhaustedError` after more than `retry.maxAttempts` consecutive failures;
   * - `EventTooLargeError` if an event is longer than `maxEventLength`;
   * - `TokenError` if no token can be obtained.
   *
   * @throws OptionTypeError, OptionRangeError at the call for an invalid request or signal, or for
   * a request that the gateway cannot express: the message suggests an alternative.
   */
  stream(request: GatewayRequest, options: StreamOptions = {}): EnvelopeStream {
    if (this.#life.signal.aborted) {
      throw new TypeError("the client is closed");
    }
    checkOptionNames<StreamOptions>("options", options, { signal: true });
    optionalSignal("signal", options.signal);
    const url = readUrl(this.#url, checkRequest(request));
    return openEnvelopeStream(url, this.#settings, [this.#life.signal, options.signal]);
  }

  /** Counters. The returned object is a copy. */
  get stats(): GatewayStats {
    return { ...this.#settings.stats };
  }

  /**
   * Yields the status changes of the connections of the client's streams, starting with the first
   * `next()`. Ends when the client is closed. A slow reader misses the oldest statuses; 64 are
   * kept.
   */
  status(): AsyncIterableIterator<GatewayStatus, undefined> {
    return this.#settings.statuses.read();
  }

  /** Ends all streams of this client and closes their requests. */
  async close(): Promise<void> {
    this.#life.abort();
  }

  /** Same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkRetry({ retry, maxRetries }: RlpGatewayClientOptions) {
  if (maxRetries === undefined) {
    return retrySettings(retry);
  }
  if (retry?.maxAttempts !== undefined) {
    throw new OptionRangeError("maxRetries", "undefined beside retry.maxAttempts", "both");
  }
  return {
    ...retrySettings(retry),
    maxAttempts: integerLimit("maxRetries", maxRetries, 0),
  };
}

/** Without a logger and a callback, the first skipped event is reported as a warning. */
function invalidEventReporter(
  { logger: option, onInvalidEvent }: RlpGatewayClientOptions,
  logger: Logger,
): (error: InvalidEventError) => void {
  const call = guardedCallback("onInvalidEvent", onInvalidEvent, logger);
  let warns = option === undefined && onInvalidEvent === undefined;
  return (error) => {
    logger.warn(error.message);
    if (warns) {
      emitWarning(`gateway client: ${error.message} (see onInvalidEvent)`);
    }
    warns = false;
    call(error);
  };
}
