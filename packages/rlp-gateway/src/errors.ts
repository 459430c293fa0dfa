/**
 * The gateway, or what stands before it, answered with something else than an event stream.
 * Statuses 429 and 5xx are retried; the others end the stream: 400 and 405 at once, 401 and 404
 * after one try with a fresh token.
 */
export class GatewayResponseError extends Error {
  override readonly name = "GatewayResponseError";
  /** The HTTP status. */
  readonly status: number;
  /** The gateway's own name of the error, `not_found` for example, where the body has one. */
  readonly code: string | undefined;
  /** The response's body, at most its first 64 KiB. */
  readonly body: string;

  constructor(message: string, status: number, code: string | undefined, body: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

/** The gateway could not be reached, or the stream broke off without a `closing` event. Retried. */
export class GatewayConnectionError extends Error {
  override readonly name = "GatewayConnectionError";
}

/** Nothing came for `heartbeatTimeoutMs`, not even a heartbeat. Retried. */
export class StreamSilentError extends Error {
  override readonly name = "StreamSilentError";
}

/** An event is larger than `maxEventLength`. Ends the stream. */
export class EventTooLargeError extends Error {
  override readonly name = "EventTooLargeError";
}

/** An event is no batch of envelopes. It is reported and left out, the stream goes on. */
export class InvalidEventError extends Error {
  override readonly name = "InvalidEventError";
  /** The event's data as received. */
  readonly data: string;

  constructor(message: string, data: string, options: ErrorOptions) {
    super(message, options);
    this.data = data;
  }
}

/** More than `maxRetries` failures in a row. `cause` is the last of them. Ends the stream. */
export class RetriesExhaustedError extends Error {
  override readonly name = "RetriesExhaustedError";
  /** How many attempts failed in a row, the first one included. */
  readonly attempts: number;

  constructor(message: string, attempts: number, options: ErrorOptions) {
    super(message, options);
    this.attempts = attempts;
  }
}

/** There is no token to be had. Retried where `retryable`, otherwise it ends the stream. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  /** Whether another try may help: the token server was not reached, or answered 429 or 5xx. */
  readonly retryable: boolean;
  /** The token server's HTTP status, where it answered. */
  readonly status: number | undefined;
  /** The OAuth error code, `unauthorized` for example, where the token server named one. */
  readonly code: string | undefined;

  constructor(
    message: string,
    options: ErrorOptions & {
      retryable: boolean;
      status?: number | undefined;
      code?: string | undefined;
    },
  ) {
    super(message, options);
    this.retryable = options.retryable;
    this.status = options.status;
    this.code = options.code;
  }
}

/** Whether a request that got this status may get another one next time. */
export function isRetryableStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Whether a new connection may mend what went wrong. */
export function isRetryable(error: unknown): error is Error {
  return (
    error instanceof GatewayConnectionError ||
    error instanceof StreamSilentError ||
    (error instanceof GatewayResponseError && isRetryableStatus(error.status)) ||
    (error instanceof TokenError && error.retryable)
  );
}
