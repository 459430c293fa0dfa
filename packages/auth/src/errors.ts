/** The fields of a `TokenError`. */
export interface TokenErrorOptions extends ErrorOptions {
  readonly retryable: boolean;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Thrown if no token can be obtained. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  /** True if another attempt may succeed; false if the token server itself rejected the client. */
  declare readonly retryable: boolean;
  /** The token server's HTTP status. Undefined if there was no response. */
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
