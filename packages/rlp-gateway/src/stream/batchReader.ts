import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";
import { TokenError, type TokenFunction } from "@loggregator/auth";
import {
  Backoff,
  delay,
  type Logger,
  onAbort,
  type RetrySettings,
  type SharedOutage,
  type StatusFeed,
} from "@loggregator/core";
import { classifyStatus, type Redact } from "@loggregator/core/http";
import {
  EventTooLargeError,
  GatewayConnectionError,
  GatewayResponseError,
  InvalidEventError,
  RetriesExhaustedError,
  StreamSilentError,
} from "../errors.js";
import type { GatewayStatus } from "../gatewayStatus.js";
import { shortUrl } from "../request/shortUrl.js";
import { type ConnectionSettings, GatewayConnection } from "./gatewayConnection.js";
import { isUnknownPath } from "./responseError.js";
import { StreamToken } from "./streamToken.js";

/** The settings and callbacks of a stream. */
export interface StreamSettings extends ConnectionSettings {
  readonly token: string | TokenFunction | undefined;
  readonly retry: RetrySettings;
  readonly logger: Logger;
  readonly outages: SharedOutage;
  readonly statuses: StatusFeed<GatewayStatus>;
  readonly stats: {
    streams: number;
    received: number;
    batches: number;
    invalidEvents: number;
    reconnects: number;
  };
  readonly onRetryableError: (error: Error, attempt: number, delayMs: number) => void;
  readonly onInvalidEvent: (error: InvalidEventError) => void;
}

/**
 * The maximum delay in milliseconds that a server can request with `Retry-After`, unless
 * `retry.maxDelayMs` is longer.
 */
const maxRetryAfterMs = 60_000;

/** Reads the batches of a URL, reconnecting as needed. */
export class BatchReader {
  readonly #url: string;
  readonly #settings: StreamSettings;
  readonly #token: StreamToken;
  readonly #backoff: Backoff;
  /** The backoff for streams that the gateway closes before it has sent anything. */
  readonly #emptyBackoff: Backoff;
  readonly #end = new AbortController();
  #connection: GatewayConnection | undefined;
  #draining = false;
  #accepted = false;

  constructor(url: string, settings: StreamSettings) {
    this.#url = url;
    this.#settings = settings;
    this.#token = new StreamToken(settings.token);
    this.#backoff = new Backoff(settings.retry);
    this.#emptyBackoff = new Backoff(settings.retry);
  }

  /** Ends the request and the iteration; received batches that were not returned are dropped. */
  stop(): void {
    this.#end.abort();
    this.#connection?.close();
  }

  /** Ends the request; the iteration ends after all received batches. */
  drain(): void {
    this.#draining = true;
    // Without a connection, there are no received batches.
    if (this.#connection === undefined) {
      this.stop();
    } else {
      this.#connection.close();
    }
  }

  /** Yields batches in order. The signals have the effects of `stop()` and `drain()`. */
  async *read(
    stop: readonly (AbortSignal | undefined)[],
    drain: AbortSignal,
  ): AsyncGenerator<Envelope[], undefined, undefined> {
    const { stats } = this.#settings;
    const unlink = stop.map((signal) => onAbort(signal, () => this.stop()));
    unlink.push(onAbort(drain, () => this.drain()));
    stats.streams++;
    try {
      while (!this.#ended) {
        const connection = new GatewayConnection(this.#url, this.#settings);
        const startedAt = performance.now();
        let error: unknown;
        let pauseMs = 0;
        try {
          await this.#open(connection);
          for (let events = await connection.read(); events; events = await connection.read()) {
            if (connection.events.receivedEvent) {
              this.#recovered();
            }
            for (const data of events) {
              if (this.#end.signal.aborted) {
                return undefined;
              }
              const batch = this.#parse(data, connection.redact);
              if (batch === undefined || batch.length === 0) {
                continue;
              }
              stats.batches++;
              stats.received += batch.length;
              yield batch;
            }
          }
          pauseMs = this.#pauseAfterClosing(connection, startedAt);
        } catch (thrown) {
          if (this.#ended && !(thrown instanceof EventTooLargeError)) {
            return undefined;
          }
          error = thrown;
          pauseMs = this.#pauseAfterFailure(thrown);
        } finally {
          this.#disconnected(connection, error, pauseMs);
        }
        // Rejects if the stream has ended, which the loop checks.
        if (pauseMs > 0 && !this.#ended) {
          await delay(this.#end.signal, pauseMs).catch(() => {});
        }
      }
    } finally {
      stats.streams--;
      this.#settings.outages.ended(this);
      for (const remove of unlink) {
        remove();
      }
    }
    return undefined;
  }

  get #ended(): boolean {
    return this.#draining || this.#end.signal.aborted;
  }

  async #open(connection: GatewayConnection): Promise<void> {
    this.#connection = connection;
    this.#report("connecting");
    await connection.open(this.#token);
    this.#accepted = true;
    this.#token.accept();
    this.#settings.logger.debug(`connected to ${shortUrl(this.#url)}`);
    this.#report("open");
  }

  #disconnected(connection: GatewayConnection, error: unknown, pauseMs: number): void {
    this.#connection = undefined;
    connection.close();
    this.#report("disconnected", error ? { error } : undefined);
    if (error && pauseMs > 0) {
      this.#report("retrying", { error, delayMs: pauseMs });
    }
  }

  #report(type: GatewayStatus["type"], details?: object): void {
    this.#settings.statuses.push({ type, url: this.#url, ...details } as GatewayStatus);
  }

  /**
   * Only an event ends a series of failures: some streams break right after the response headers.
   */
  #recovered(): void {
    if (this.#backoff.failures === 0) {
      return;
    }
    this.#backoff.reset();
    this.#settings.outages.recovered(this);
  }

  /**
   * Limits the requests to a gateway that closes each stream early: at most one per `baseDelayMs`,
   * with an increasing delay while it sends nothing but the closing event.
   */
  #pauseAfterClosing(connection: GatewayConnection, startedAt: number): number {
    const { logger, retry } = this.#settings;
    if (this.#ended) {
      return 0;
    }
    logger.debug(`the stream from ${shortUrl(this.#url)} is closing; reconnecting`);
    if (!connection.events.receivedEvent) {
      return this.#emptyBackoff.next();
    }
    this.#emptyBackoff.reset();
    return startedAt + retry.baseDelayMs - performance.now();
  }

  /** Returns the delay before the next attempt in milliseconds, or throws if there is none. */
  #pauseAfterFailure(error: unknown): number {
    const { logger, retry, stats } = this.#settings;
    const canRenew = isTokenRefusal(error) && this.#token.reject();
    if (canRenew && !this.#accepted) {
      logger.info(`${error.message}; requesting a fresh token`);
      return 0;
    }
    if (!isRetryable(error, this.#accepted)) {
      throw error;
    }
    if (this.#backoff.exhausted) {
      const attempts = this.#backoff.failures + 1;
      const message = `gave up after attempt ${attempts}: ${error.message}`;
      throw new RetriesExhaustedError(message, attempts, { cause: error });
    }
    const requestedMs = Math.min(
      (error as Partial<GatewayResponseError>).retryAfterMs ?? 0,
      Math.max(maxRetryAfterMs, retry.maxDelayMs),
    );
    const pauseMs = Math.max(this.#backoff.next(), requestedMs);
    stats.reconnects++;
    this.#settings.outages.failed(this, error, pauseMs);
    this.#settings.onRetryableError(error, this.#backoff.failures, pauseMs);
    return pauseMs;
  }

  #parse(data: string, redact: Redact): Envelope[] | undefined {
    try {
      return parseEnvelopeBatch(data).batch;
    } catch (thrown) {
      const redacted = redact(data);
      // Error messages of parsers quote a few characters, which may be part of the secret.
      const cause =
        redacted === data ? (thrown as Error) : new Error("the event contains the token");
      const error = new InvalidEventError(
        `skipped an event of length ${data.length} that is not a batch of envelopes: ${cause.message}`,
        redacted,
        { cause },
      );
      this.#settings.stats.invalidEvents++;
      this.#settings.onInvalidEvent(error);
      return undefined;
    }
  }
}

/**
 * Returns true if the gateway refused the token. False if it refused the path, or a router in front
 * of it refused the host.
 */
function isTokenRefusal(error: unknown): error is GatewayResponseError {
  return (
    error instanceof GatewayResponseError &&
    (error.status === 401 || error.status === 404) &&
    error.routerError === undefined &&
    !isUnknownPath(error)
  );
}

/**
 * Returns true if another attempt may succeed. A request that was accepted before is valid: the
 * gateway also responds 404 while UAA or Cloud Controller is unavailable.
 */
function isRetryable(
  error: unknown,
  accepted: boolean,
): error is GatewayConnectionError | StreamSilentError | GatewayResponseError | TokenError {
  if (error instanceof GatewayResponseError) {
    const statusClass = classifyStatus(error.status, error.routerError);
    return statusClass === "temporary" || (statusClass === "refused" && accepted);
  }
  if (error instanceof TokenError) {
    return error.retryable;
  }
  return error instanceof GatewayConnectionError || error instanceof StreamSilentError;
}
