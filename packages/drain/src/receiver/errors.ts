/** The reason why a request or a connection was refused or ended. */
export type RefusalReason =
  /** No valid user and password, or token. */
  | "unauthorized"
  /** No client certificate, or one that is not accepted. */
  | "certificate"
  /** The TLS handshake failed: `cause` contains the reason. */
  | "handshake"
  /** The request is not a POST, or has an encoding other than gzip and deflate. */
  | "request"
  /** The body is longer than `maxBodyBytes`, before or after decompression. */
  | "too-large"
  /**
   * The body or the stream contains no message or too many invalid ones, or cannot be decompressed.
   */
  | "invalid"
  /** A message or a body was not complete within `receiveTimeoutMs`. */
  | "timeout"
  /** Nothing was received for `idleTimeoutMs`. */
  | "idle"
  /** The client ended the connection in the middle of a message or a body. */
  | "incomplete"
  /** `maxConnections` is reached, or the bodies being read exceed `maxPendingBytes`. */
  | "overload"
  /** The receiver is closed, or the loop was left before it had consumed the messages. */
  | "closed";

/**
 * A request that was refused, or a connection that was refused or closed. Passed to `onRefused`.
 */
export class DrainReceiverError extends Error {
  override readonly name = "DrainReceiverError";
  readonly reason: RefusalReason;
  /** The status of the answer, over HTTP. */
  readonly status: number | undefined;

  constructor(
    reason: RefusalReason,
    message: string,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.status = options.status;
  }
}

/** The refusal of a request. */
export function refusal(
  reason: RefusalReason,
  status: number,
  message: string,
  cause?: unknown,
): DrainReceiverError {
  return new DrainReceiverError(reason, message, {
    status,
    ...(cause !== undefined && { cause }),
  });
}
