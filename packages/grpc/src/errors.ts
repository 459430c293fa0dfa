import { ClientError, Status } from "nice-grpc";
import type { DialStep } from "./dial/dialError.js";

/** Where certificates or a key come from. */
export interface TlsOrigin {
  /** The option: `tls.ca`, `tls.cert`, `tls.key`, `caPath`, `certPath` or `keyPath`. */
  readonly option: string;
  /** The file, if they were read from one. */
  readonly path?: string | undefined;
}

/**
 * Certificates or keys that cannot be read, are damaged, do not belong together or are not valid
 * now; or the server's certificate, or its answer to ours. `cause` is the underlying error, if there
 * is one.
 */
export class TlsError extends Error {
  override readonly name = "TlsError";
  /** What is wrong. The message is the reason behind the option and the path. */
  readonly reason: string;
  /** The option at fault, such as `tls.ca` or `caPath`. Undefined if the server's certificate is. */
  readonly option: string | undefined;
  /** The file at fault, if the certificates or the key were read from one. */
  readonly path: string | undefined;

  constructor(reason: string, origin?: TlsOrigin, options?: ErrorOptions) {
    super(origin === undefined ? reason : `${formatOrigin(origin)}: ${reason}`, options);
    this.reason = reason;
    this.option = origin?.option;
    this.path = origin?.path;
  }
}

function formatOrigin({ option, path }: TlsOrigin): string {
  return path === undefined ? option : `${option} ${JSON.stringify(path)}`;
}

/**
 * A connection that could not be opened. Its status is UNAVAILABLE: clients retry it as they retry a
 * call with this status. `cause` is the underlying error, a `TlsError` if certificates are, or may be,
 * at fault.
 */
export class ConnectionError extends ClientError {
  /** The address as it was configured. */
  readonly address: string;
  /** The step that failed. Undefined if it did not come to one, or took too long. */
  readonly step: DialStep | undefined;
  override readonly cause: unknown;

  constructor(
    address: string,
    reason: string,
    options?: ErrorOptions & { readonly step?: DialStep | undefined },
  ) {
    super("", Status.UNAVAILABLE, reason);
    this.name = "ConnectionError";
    this.message = `cannot connect to ${address}: ${reason}`;
    // The stack begins with name and message as they are now.
    Error.captureStackTrace(this, ConnectionError);
    this.address = address;
    this.step = options?.step;
    this.cause = options?.cause;
  }
}
