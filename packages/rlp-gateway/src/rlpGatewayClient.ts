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

/** Options of an `RlpGatewayClient`. */
export interface RlpGatewayClientOptions extends FetchOptions {
  /** The URL of the gateway: `https://log-stream.<system domain>`. */
  readonly url: string | URL;
  /**
   * The OAuth token, with or without `bearer` before it, or a function that returns it, such as
   * those of `@loggregator/auth`.
   *
   * @default none: requests are sent without a token, for example to a proxy that adds one
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
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * The maximum number of consecutive failures that are retried: one more ends the stream with
   * `RetriesExhaustedError`. The same as `retry.maxAttempts`, by its name in Go's client. Throws an
   * `OptionRangeError` if both are set.
   *
   * @default Infinity
   */
  readonly maxRetries?: number | undefined;
  /**
   * The time in milliseconds after which a silent connection is replaced; `Infinity` disables the
   * limit. The gateway sends a heartbeat after 15 s without envelopes. Time in which the consumer
   * is busy or the process is stopped does not count. Lower it to replace dead connections sooner,
   * but keep it above 15 s.
   *
   * @default 45_000
   */
  readonly heartbeatTimeoutMs?: number | undefined;
  /**
   * The maximum length of an event in characters; a longer one ends the stream with
   * `EventTooLargeError`. It bounds the memory for an incomplete event. Raise it if a gateway sends
   * longer events.
   *
   * @default 10_485_760 (10 Mi)
   */
  readonly maxEventLength?: number | undefined;
  /**
   * Called after each failure that is followed by a retry, before the delay.
   *
   * @param attempt The number of the retry that follows, starting at 1. An event resets it.
   * @param delayMs The delay before this retry in milliseconds.
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
   * Creates a client from environment variables, in Node.js, Deno and Bun:
   * `LOGGREGATOR_GATEWAY_URL`, which `loggregator emulate --env` writes, and `CF_TOKEN`, if it is
   * set. Options take precedence.
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
   * a request that the gateway cannot express: the message suggests an alternative. TypeError if
   * the client is closed.
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

  /** The statistics of the client. The returned object is a copy. */
  get stats(): GatewayStats {
    return { ...this.#settings.stats };
  }

  /**
   * Yields the status changes of the client's streams, starting with the first `next()`. Ends when
   * the client is closed. At most 64 changes are kept for a slow reader; beyond that, the oldest
   * are discarded.
   */
  status(): AsyncIterableIterator<GatewayStatus, undefined> {
    return this.#settings.statuses.read();
  }

  /** Ends all streams of this client and closes their requests. */
  async close(): Promise<void> {
    this.#life.abort();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkRetry({ retry, maxRetries }: RlpGatewayClientOptions) {
  if (maxRetries === undefined) {
    return retrySettings(retry);
  }
  if (retry?.maxAttempts !== undefined) {
    throw new OptionRangeError("maxRetries", "undefined if retry.maxAttempts is set", "both");
  }
  return {
    ...retrySettings(retry),
    maxAttempts: integerLimit("maxRetries", maxRetries, 0),
  };
}

/** Reports skipped events. With neither logger nor callback, the first one is a warning. */
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
