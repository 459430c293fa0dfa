/** A recording could not be written or read. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** The path of the file. */
  readonly path: string;
  /** The line that could not be read, from 1; undefined for failures of the file. */
  readonly line: number | undefined;

  constructor(path: string, message: string, options: ErrorOptions & { readonly line?: number }) {
    super(`${path}${options.line === undefined ? "" : `:${options.line}`}: ${message}`, options);
    this.path = path;
    this.line = options.line;
  }
}
