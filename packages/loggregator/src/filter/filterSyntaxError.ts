/** A filter that cannot be parsed. The message contains the expected syntax. */
export class FilterSyntaxError extends Error {
  override readonly name = "FilterSyntaxError";
  /** The term that is invalid, as it was written. */
  readonly term: string;
  /** The position of the term in the filter. */
  readonly position: number;

  constructor(message: string, term: string, position: number, options?: ErrorOptions) {
    super(message, options);
    this.term = term;
    this.position = position;
  }
}
