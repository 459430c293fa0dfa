import type { EnvelopeType } from "@loggregator/api/log-cache";
import {
  checkOptionNames,
  formatValue,
  inRange,
  nanosecondsArgument,
  nonEmptyString,
  OptionRangeError,
  optionalBoolean,
  optionalSignal,
  stringArgument,
} from "@loggregator/core";
import { type EnvelopeTypeName, envelopeTypes } from "./envelopeTypes.js";
import type { Time } from "./times.js";

/**
 * The maximum number of envelopes that log-cache returns for one request, except for equal
 * timestamps.
 */
export const maxLimit = 1000;

/** Options of `read`. */
export interface ReadOptions {
  /**
   * Only envelopes at or after this time.
   *
   * @default 0n, the oldest that is stored
   */
  readonly startTime?: Time | undefined;
  /**
   * Only envelopes before this time. Set it to read envelopes whose timestamps are in the future.
   *
   * @default the server's current time
   */
  readonly endTime?: Time | undefined;
  /**
   * The number of envelopes, from 1 to 1000. More are returned if timestamps are equal: a response
   * does not end between equal timestamps.
   *
   * @default 100
   */
  readonly limit?: number | undefined;
  /**
   * Only envelopes of these types.
   *
   * @default all
   */
  readonly types?: readonly EnvelopeTypeName[] | undefined;
  /**
   * Newest first, and the newest ones if there are more than `limit`.
   *
   * @default false
   */
  readonly descending?: boolean | undefined;
  /**
   * Only counters, gauges and timers whose name matches this regular expression (RE2, unanchored).
   * Gauges are reduced to matching metrics; logs and events are omitted.
   *
   * @default none
   */
  readonly nameFilter?: string | undefined;
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** A read request with its defaults filled in. */
export interface ReadQuery {
  readonly sourceId: string;
  readonly startTime: bigint;
  /** Undefined: the server's current time. */
  readonly endTime: bigint | undefined;
  readonly limit: number;
  readonly types: readonly EnvelopeType[];
  readonly descending: boolean;
  readonly nameFilter: string;
}

/** @throws OptionTypeError, OptionRangeError for an invalid source id or option. */
export function readQuery(sourceId: string, options: ReadOptions): ReadQuery {
  checkOptionNames<ReadOptions>("options", options, {
    startTime: true,
    endTime: true,
    limit: true,
    types: true,
    descending: true,
    nameFilter: true,
    signal: true,
  });
  optionalSignal("signal", options.signal);
  const startTime = nanosecondsArgument("startTime", options.startTime ?? 0n);
  const endTime =
    options.endTime === undefined ? undefined : nanosecondsArgument("endTime", options.endTime);
  checkOrder("startTime", startTime, "endTime", endTime);
  return {
    ...envelopeFilter(options),
    sourceId: checkSourceId("sourceId", sourceId),
    startTime,
    endTime,
    limit: checkLimit("limit", options.limit ?? 100, maxLimit),
    descending: optionalBoolean("descending", options.descending, false),
  };
}

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function envelopeFilter({
  types,
  nameFilter = "",
}: Pick<ReadOptions, "types" | "nameFilter">): Pick<ReadQuery, "types" | "nameFilter"> {
  return {
    types: envelopeTypes("types", types),
    nameFilter: checkText("nameFilter", nameFilter),
  };
}

/** @throws OptionRangeError if a range ends before it starts. */
export function checkOrder(
  startName: string,
  start: bigint,
  endName: string,
  end: bigint | undefined,
): void {
  if (end !== undefined && start > end) {
    throw new OptionRangeError(startName, `at most ${endName}`, `${start}, after ${end}`);
  }
}

/** @throws OptionTypeError, OptionRangeError for a source id that cannot be part of a request. */
export function checkSourceId(name: string, value: unknown): string {
  const sourceId = checkText(name, nonEmptyString(name, value));
  // In a URL, these are path segments with a special meaning, escaped or not.
  if (sourceId === "." || sourceId === "..") {
    throw new OptionRangeError(name, "a source id other than . and ..", formatValue(sourceId));
  }
  return sourceId;
}

/** @throws OptionTypeError if it is not a number; OptionRangeError if it is not from 1 to `most`. */
export function checkLimit(name: string, value: unknown, most: number): number {
  return inRange(
    name,
    value,
    `an integer from 1 to ${most}`,
    (limit) => Number.isInteger(limit) && limit >= 1 && limit <= most,
  );
}

/** @throws OptionTypeError if it is not a string; OptionRangeError if it is not valid Unicode. */
export function checkText(name: string, value: unknown): string {
  const text = stringArgument(name, value);
  if (/\p{Cs}/u.test(text)) {
    throw new OptionRangeError(name, "a string without lone surrogates", formatValue(text));
  }
  return text;
}
