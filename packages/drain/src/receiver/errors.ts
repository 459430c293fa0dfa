/** Why a request or a connection was refused or ended. */
export type RefusalReason =
  /** No valid user and password, or token. */
  | "unauthorized"
  /** No client certificate, or one that is not accepted. */
  | "certificate"
  /** The TLS handshake failed: `cause` says why. */
  | "handshake"
  /** The request is not a POST, or has an encoding other than gzip and deflate. */
  | "request"
  /** The body is longer than `maxBodyBytes`, before or after decompression. */
  | "too-large"
  /** The body or the stream has no message, too many invalid ones, or does not decompress. */
  | "invalid"
  /** A message or a body was not complete within `receiveTimeoutMs`. */
  | "timeout"
  /** Nothing was received for `idleTimeoutMs`. */
  | "idle"
  /** The client ended the connection in the middle of a message or a body. */
  | "incomplete"
  /** There are `maxConnections` connections, or the bodies being read exceed `maxPendingBytes`. */
  | "overload"
  /** The receiver is closed, or the loop was left before it had finished with the messages. */
  | "closed";

/** A request that was refused, or a connection that was refused or ended. Passed to `onRefused`. */
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
