/** Fields of a `LogCacheError`. */
export interface LogCacheErrorOptions extends ErrorOptions {
  readonly retryable: boolean;
  readonly tooLarge?: boolean | undefined;
}

/** A request to log-cache failed. The base of this package's errors. */
export class LogCacheError extends Error {
  /** Whether the same request may succeed later. */
  declare readonly retryable: boolean;
  /**
   * Whether the response or, for `send`, the request would be larger than 50 MiB: repeat it with a
   * smaller `limit`, or with fewer envelopes.
   */
  declare readonly tooLarge: boolean;

  constructor(message: string, { retryable, tooLarge = false, ...options }: LogCacheErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.retryable = retryable;
    this.tooLarge = tooLarge;
  }
}

/** Fields of a `LogCacheResponseError`. */
export interface LogCacheResponse extends LogCacheErrorOptions {
  readonly status: number;
  readonly code?: number | string | undefined;
  readonly body: string;
  readonly routerError?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Log-cache, or a server in front of it, answered with a status other than 200. */
export class LogCacheResponseError extends LogCacheError {
  /** The HTTP status. 0 for a redirect in a browser, which hides the status. */
  declare readonly status: number;
  /**
   * The gRPC status code in the body, such as 3 for invalid arguments, or PromQL's type of error,
   * such as `bad_data`, if the body has one.
   */
  declare readonly code: number | string | undefined;
  /** The first 64 KiB of the response body, with the token redacted. */
  declare readonly body: string;
  /** `X-Cf-RouterError`, if the answer is from Cloud Foundry's router and not from log-cache. */
  declare readonly routerError: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, response: LogCacheResponse) {
    super(message, response);
    this.status = response.status;
    this.code = response.code;
    this.body = response.body;
    this.routerError = response.routerError;
    this.retryAfterMs = response.retryAfterMs;
  }
}

/** No complete response was received: the server is unreachable or too slow. */
export class LogCacheConnectionError extends LogCacheError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, retryable: true });
  }
}

/** A response with status 200 is not a valid log-cache response. */
export class InvalidResponseError extends LogCacheError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, retryable: false });
  }
}

/**
 * More than `retry.maxAttempts` consecutive reads of a source failed; `cause` is the last failure.
 */
export class RetriesExhaustedError extends LogCacheError {
  /** The number of consecutive failed reads, including the first one. */
  declare readonly attempts: number;

  constructor(message: string, attempts: number, options: ErrorOptions) {
    super(message, { ...options, retryable: false });
    this.attempts = attempts;
  }
}
