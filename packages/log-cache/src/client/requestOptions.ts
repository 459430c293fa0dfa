import { checkOptionNames, optionalSignal } from "@loggregator/core";

/** Options of requests. */
export interface RequestOptions {
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** @throws OptionTypeError, OptionRangeError for an invalid option. */
export function checkRequestOptions(options: RequestOptions): void {
  checkOptionNames<RequestOptions>("options", options, { signal: true });
  optionalSignal("signal", options.signal);
}
