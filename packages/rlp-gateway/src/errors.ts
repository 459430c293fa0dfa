/** The fields of a `GatewayResponseError`. */
export interface GatewayResponse {
  readonly status: number;
  readonly code?: string | undefined;
  readonly body: string;
  readonly routerError?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * Thrown if the response of the gateway, or of a server in front of it, is not an event stream.
 *
 * Ends the stream if no retry can succeed (see the README); otherwise the request is retried.
 */
export class GatewayResponseError extends Error {
  override readonly name = "GatewayResponseError";
  /** The HTTP status. 0 for a redirect in a browser, which hides the status. */
  declare readonly status: number;
  /** The gateway's error code, such as `not_found`, if the body contains one. */
  declare readonly code: string | undefined;
  /** The response's body, at most its first 64 KiB. The token in it is replaced. */
  declare readonly body: string;
  /**
   * The value of `X-Cf-RouterError`, such as `unknown_route`, if the response is from Cloud
   * Foundry's router and not from the gateway.
   */
  declare readonly routerError: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, response: GatewayResponse) {
    super(message);
    Object.assign(this, response);
  }
}

/**
 * Thrown if the gateway cannot be reached, or a stream ends without a `closing` event. The request
 * is retried.
 */
export class GatewayConnectionError extends Error {
  override readonly name = "GatewayConnectionError";
  /** The URL of the request, shortened. */
  declare readonly url: string;

  constructor(message: string, url: string, options?: ErrorOptions) {
    super(message, options);
    this.url = url;
  }
}

/**
 * Thrown if nothing has arrived for `heartbeatTimeoutMs`, not even a heartbeat. The request is
 * retried.
 */
export class StreamSilentError extends Error {
  override readonly name = "StreamSilentError";
}

/** Thrown if an event is longer than `maxEventLength`. Ends the stream. */
export class EventTooLargeError extends Error {
  override readonly name = "EventTooLargeError";
}

/** Reported for an event that is not a batch of envelopes. It is skipped; the stream continues. */
export class InvalidEventError extends Error {
  override readonly name = "InvalidEventError";
  /** The event's data as received. The token in it is replaced. */
  declare readonly data: string;

  constructor(message: string, data: string, options: ErrorOptions) {
    super(message, options);
    this.data = data;
  }
}

/**
 * Thrown after more than `retry.maxAttempts` consecutive failures; `cause` is the last one. Ends
 * the stream.
 */
export class RetriesExhaustedError extends Error {
  override readonly name = "RetriesExhaustedError";
  /** The number of consecutive failed attempts, including the first one. */
  declare readonly attempts: number;

  constructor(message: string, attempts: number, options: ErrorOptions) {
    super(message, options);
    this.attempts = attempts;
  }
}
