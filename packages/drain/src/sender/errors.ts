/** The reason why messages could not be sent. */
export type DrainSendReason =
  /** The host name was not found, or the connection could not be opened or broke. */
  | "connection"
  /** The receiver's certificate is not accepted, or TLS failed otherwise. */
  | "tls"
  /** The proxy of the environment cannot be used. */
  | "proxy"
  /** The answer's status is not 2xx. Redirects are not followed. */
  | "status"
  /** The receiver did not answer, or did not read, for `stallTimeoutMs`. */
  | "stalled";

/** Messages could not be sent. Passed to `onRetryableError`. */
export class DrainSendError extends Error {
  override readonly name = "DrainSendError";
  readonly reason: DrainSendReason;
  /** The status of the answer, with the reason `status`. */
  readonly status: number | undefined;

  constructor(
    reason: DrainSendReason,
    message: string,
    options: ErrorOptions & { readonly status?: number | undefined } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.status = options.status;
  }
}

/** `flush` or `close` could not send everything. `cause` is the last `DrainSendError`. */
export class DrainCloseError extends Error {
  override readonly name = "DrainCloseError";
}
