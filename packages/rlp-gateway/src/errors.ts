/** Facts of a `GatewayResponseError`. */
export interface GatewayResponse {
  readonly status: number;
  readonly code?: string | undefined;
  readonly body: string;
  readonly routerError?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * The gateway, or a server in front of it, answered with something other than an event stream.
 *
 * It ends the stream if no retry can succeed (see the README); otherwise it is retried.
 */
export class GatewayResponseError extends Error {
  override readonly name = "GatewayResponseError";
  /** The HTTP status. 0 for a redirect in a browser, which hides the status. */
  declare readonly status: number;
  /** The gateway's own name of the error, such as `not_found`, if the body has one. */
  declare readonly code: string | undefined;
  /** The response's body, at most its first 64 KiB. The token in it is replaced. */
  declare readonly body: string;
  /**
   * Set if the answer is from Cloud Foundry's router and not from the gateway: the value of
   * `X-Cf-RouterError`, such as `unknown_route`.
   */
  declare readonly routerError: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, response: GatewayResponse) {
    super(message);
    Object.assign(this, response);
  }
}

/** The gateway could not be reached, or the stream ended without a `closing` event. Retried. */
export class GatewayConnectionError extends Error {
  override readonly name = "GatewayConnectionError";
  /** The URL of the request, shortened. */
  declare readonly url: string;

  constructor(message: string, url: string, options?: ErrorOptions) {
    super(message, options);
    this.url = url;
  }
}

/** Nothing arrived for `heartbeatTimeoutMs`, not even a heartbeat. Retried. */
export class StreamSilentError extends Error {
  override readonly name = "StreamSilentError";
}

/** An event is longer than `maxEventLength`. Ends the stream. */
export class EventTooLargeError extends Error {
  override readonly name = "EventTooLargeError";
}

/** An event is not a batch of envelopes. It is reported and skipped, and the stream continues. */
export class InvalidEventError extends Error {
  override readonly name = "InvalidEventError";
  /** The event's data as received. The token in it is replaced. */
  declare readonly data: string;

  constructor(message: string, data: string, options: ErrorOptions) {
    super(message, options);
    this.data = data;
  }
}

/** More than `retry.maxAttempts` consecutive failures; `cause` is the last one. Ends the stream. */
export class RetriesExhaustedError extends Error {
  override readonly name = "RetriesExhaustedError";
  /** The number of consecutive failed attempts, including the first one. */
  declare readonly attempts: number;

  constructor(message: string, attempts: number, options: ErrorOptions) {
    super(message, options);
    this.attempts = attempts;
  }
}
