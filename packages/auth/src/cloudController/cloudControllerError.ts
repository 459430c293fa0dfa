/** The fields of a `CloudControllerError`. */
export interface CloudControllerErrorOptions extends ErrorOptions {
  /**
   * The HTTP status.
   *
   * @default none: there was no response
   */
  readonly status?: number | undefined;
  /**
   * Cloud Controller's error code, such as `CF-NotAuthenticated`.
   *
   * @default none
   */
  readonly code?: string | undefined;
  /**
   * The response's body.
   *
   * @default none
   */
  readonly body?: string | undefined;
  /**
   * The header `X-Cf-RouterError`, if the response is from Cloud Foundry's router.
   *
   * @default none
   */
  readonly routerError?: string | undefined;
  /**
   * The delay that the server requested with `Retry-After`, in milliseconds.
   *
   * @default none
   */
  readonly retryAfterMs?: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
}

/** Thrown if a request to Cloud Controller fails. */
export class CloudControllerError extends Error {
  override readonly name = "CloudControllerError";
  /** The HTTP status. Undefined if there was no response. */
  declare readonly status: number | undefined;
  /** Cloud Controller's error code, such as `CF-NotAuthenticated`. */
  declare readonly code: string | undefined;
  /** The response's body, at most its first 64 KiB. The token in it is replaced. */
  declare readonly body: string | undefined;
  /** The header `X-Cf-RouterError`, if the response is from Cloud Foundry's router. */
  declare readonly routerError: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later. */
  declare readonly retryable: boolean;

  constructor(message: string, { cause, ...facts }: CloudControllerErrorOptions) {
    super(message, cause === undefined ? {} : { cause });
    Object.assign(this, facts);
  }
}

/** The location of an app. */
export interface AppPlace {
  readonly guid: string;
  readonly space: string;
  readonly org: string;
}

/** Thrown if no app has the name, or more than one. */
export class AppLookupError extends Error {
  override readonly name = "AppLookupError";
  /** The apps with this name that are visible to the user. Empty if there are none. */
  declare readonly candidates: readonly AppPlace[];

  constructor(message: string, candidates: readonly AppPlace[]) {
    super(message);
    this.candidates = candidates;
  }
}
