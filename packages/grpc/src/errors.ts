import { ClientError, Status } from "nice-grpc";
import type { DialStep } from "./dial/dialError.js";

/** The origin of certificates or of a key. */
export interface TlsOrigin {
  /** The option: `tls.ca`, `tls.cert`, `tls.key`, `caPath`, `certPath` or `keyPath`. */
  readonly option: string;
  /** The file, if they were read from one. */
  readonly path?: string | undefined;
}

/**
 * Thrown if certificates or keys cannot be read, are damaged, do not match or are not currently
 * valid, or if one side rejects the other's certificate. `cause` is the underlying error, if any.
 */
export class TlsError extends Error {
  override readonly name = "TlsError";
  /** The problem. The message consists of the option, the path and this text. */
  readonly reason: string;
  /**
   * The option with the problem, such as `tls.ca` or `caPath`. Undefined if the problem is the
   * server's certificate.
   */
  readonly option: string | undefined;
  /** The file with the problem, if the certificates or the key were read from one. */
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
 * Thrown if a connection could not be opened. Its status is UNAVAILABLE: clients retry it like a
 * call with this status. `cause` is the underlying error, a `TlsError` if certificates are or may
 * be the problem.
 */
export class ConnectionError extends ClientError {
  /** The address as it was configured. */
  readonly address: string;
  /** The step that failed. Undefined if no step was started, or the attempt took too long. */
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
    // Captured again, because the stack starts with the name and message at that time.
    Error.captureStackTrace(this, ConnectionError);
    this.address = address;
    this.step = options?.step;
    this.cause = options?.cause;
  }
}
