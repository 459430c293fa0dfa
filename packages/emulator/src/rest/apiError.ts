/** An error of the REST API, with the status and the code of its answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Identifies the kind of error for programs. */
  readonly code: string;
  /** Further fields of the answer. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
