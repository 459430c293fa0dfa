/** A logger whose `error` records the message and then throws. Its other methods do nothing. */
export class ThrowingLogger {
  readonly errors: string[] = [];

  debug(): void {}
  info(): void {}
  warn(): void {}

  error(message: string): void {
    this.errors.push(message);
    throw new Error("from the logger");
  }
}
