import { checkOptionNames } from "../options/checkOptionNames.js";
import { optionalBoolean } from "../options/checks.js";

/** Options of `stop` of a stream of envelopes. */
export interface StopOptions {
  /**
   * Whether the iteration continues until all received batches are read. Otherwise they are
   * dropped.
   *
   * @default false
   */
  readonly drain?: boolean | undefined;
}

/**
 * Checks the options of `stop` and returns whether to drain the stream.
 *
 * @throws OptionTypeError for an unknown or invalid option.
 */
export function stopDrains(options: StopOptions): boolean {
  checkOptionNames<StopOptions>("options", options, { drain: true });
  return optionalBoolean("drain", options.drain, false);
}
