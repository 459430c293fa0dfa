/** A failed scrape: no answer, a status other than 200, or malformed text. */
export class ScrapeError extends Error {
  /** The HTTP status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(
    message: string,
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "ScrapeError";
    this.status = options.status;
  }
}
