/** Facts of a `TokenError`. */
export interface TokenErrorOptions extends ErrorOptions {
  readonly retryable: boolean;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** No token could be obtained. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  /** Whether another attempt may succeed: false if the token server itself rejected the client. */
  declare readonly retryable: boolean;
  /** The token server's HTTP status, if it answered. */
  declare readonly status: number | undefined;
  /** The OAuth error code, such as `unauthorized`, if the token server sent one. */
  declare readonly code: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, options: TokenErrorOptions) {
    super(message, options);
    Object.assign(this, options);
  }
}
