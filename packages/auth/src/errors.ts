/** The fields of a `TokenError`. */
export interface TokenErrorOptions extends ErrorOptions {
  /** Whether another attempt may succeed. If false, clients do not retry. */
  readonly retryable: boolean;
  /**
   * The token server's HTTP status.
   *
   * @default none: there was no response
   */
  readonly status?: number | undefined;
  /**
   * The OAuth error code, such as `unauthorized`.
   *
   * @default none
   */
  readonly code?: string | undefined;
  /**
   * The delay that the server requested with `Retry-After`, in milliseconds.
   *
   * @default none
   */
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
