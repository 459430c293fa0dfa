/** A step of opening a connection. */
export type DialStep = "lookup" | "proxy" | "connect" | "tls" | "http2";

/** Thrown if a connection to one network address cannot be opened. */
export class DialError extends Error {
  /** The step that failed. */
  readonly step: DialStep;

  constructor(step: DialStep, message: string, options?: ErrorOptions) {
    super(message, options);
    this.step = step;
  }
}

/** The message of a connection that ended without an error. */
export const closedByServer = "the server closed the connection";

/** Returns the error of a failed step, with the system's error as its cause. */
export function dialError(step: DialStep, cause: Error): DialError {
  return cause instanceof DialError ? cause : new DialError(step, cause.message, { cause });
}
