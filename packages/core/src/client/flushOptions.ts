import { checkOptionNames } from "../options/checkOptionNames.js";
import { optionalSignal } from "../options/checks.js";

/** Options of `flush`. */
export interface FlushOptions {
  /**
   * Ends the wait when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the options of `flush` and returns the signal.
 *
 * @throws OptionTypeError for an unknown or invalid option.
 */
export function flushSignal(options: FlushOptions): AbortSignal | undefined {
  checkOptionNames<FlushOptions>("options", options, { signal: true });
  optionalSignal("signal", options.signal);
  return options.signal;
}
