/** Describes a rejected option or argument, for programs that present it under another name. */
export interface OptionFault {
  /** The option's path, such as `batchMaxSize`, `retry.maxAttempts` or `selectors[0]`. */
  readonly option: string;
  /** The expected value, such as "a positive integer". */
  readonly expected: string;
  /** The value that was passed, as text. Secrets and the contents of objects are not part of it. */
  readonly received: string;
}

/** An option of the wrong type, or one that does not exist. */
export class OptionTypeError extends TypeError implements OptionFault {
  declare readonly option: string;
  declare readonly expected: string;
  declare readonly received: string;

  /** @param message Default: "`option` must be `expected`, got `received`". */
  constructor(option: string, expected: string, received: string, message?: string) {
    super(message ?? `${option} must be ${expected}, got ${received}`);
    Object.assign(this, { option, expected, received });
  }
}

/** An option of the right type whose value is out of range. */
export class OptionRangeError extends RangeError implements OptionFault {
  declare readonly option: string;
  declare readonly expected: string;
  declare readonly received: string;

  /** @param message Default: "`option` must be `expected`, got `received`". */
  constructor(option: string, expected: string, received: string, message?: string) {
    super(message ?? `${option} must be ${expected}, got ${received}`);
    Object.assign(this, { option, expected, received });
  }
}

/** The error that a call throws for an invalid option or argument. */
export type OptionError = OptionTypeError | OptionRangeError;

/** Returns true for an `OptionError`, even one of another copy of this package. */
export function isOptionError(error: unknown): error is OptionError {
  return (
    error instanceof Error &&
    typeof (error as Partial<OptionFault>).option === "string" &&
    typeof (error as Partial<OptionFault>).expected === "string"
  );
}
