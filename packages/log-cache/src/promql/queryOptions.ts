import {
  checkOptionNames,
  formatValue,
  nanosecondsArgument,
  nonEmptyString,
  OptionRangeError,
  OptionTypeError,
  optionalSignal,
} from "@loggregator/core";
import { checkOrder, checkText } from "../client/readOptions.js";
import type { Time } from "../client/times.js";

/**
 * The maximum number of points per series of a range query, as in Prometheus. Log-cache has no
 * limit: a request for too many exhausts the memory of the node that evaluates it.
 */
export const maxPoints = 11_000;

/** Options of `query`. */
export interface QueryOptions {
  /**
   * The time of the query.
   *
   * @default the present time of the server
   */
  readonly time?: Time | undefined;
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `queryRange`. */
export interface QueryRangeOptions {
  /** The first time. */
  readonly start: Time;
  /** The last time; it is included if a step ends there. */
  readonly end: Time;
  /**
   * The time between points: a number of milliseconds, or a Prometheus duration such as `"30s"` or
   * `"5m"`. A range may have at most 11,000 points.
   */
  readonly step: number | string;
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** An instant query as it is sent. */
export interface InstantQuery {
  readonly query: string;
  /** Empty: the present time of the server. */
  readonly time: string;
}

/** A range query as it is sent. */
export interface RangeQuery {
  readonly query: string;
  readonly start: string;
  readonly end: string;
  readonly step: string;
}

/** @throws OptionTypeError, OptionRangeError for an invalid query or option. */
export function instantQuery(query: string, options: QueryOptions): InstantQuery {
  checkOptionNames<QueryOptions>("options", options, { time: true, signal: true });
  optionalSignal("signal", options.signal);
  return {
    query: checkText("query", nonEmptyString("query", query)),
    time: options.time === undefined ? "" : seconds(nanosecondsArgument("time", options.time)),
  };
}

/** @throws OptionTypeError, OptionRangeError for an invalid query or option, or for too many points. */
export function rangeQuery(query: string, options: QueryRangeOptions): RangeQuery {
  checkOptionNames<QueryRangeOptions>("options", options, {
    start: true,
    end: true,
    step: true,
    signal: true,
  });
  optionalSignal("signal", options.signal);
  const start = nanosecondsArgument("start", options.start);
  const end = nanosecondsArgument("end", options.end);
  const stepMs = milliseconds(options.step);
  checkOrder("start", start, "end", end);
  const points = (end - start) / 1_000_000n / BigInt(stepMs) + 1n;
  if (points > maxPoints) {
    const expected = `large enough for at most ${maxPoints} points between start and end`;
    throw new OptionRangeError("step", expected, `${stepMs} ms, for ${points} points`);
  }
  return {
    query: checkText("query", nonEmptyString("query", query)),
    start: seconds(start),
    end: seconds(end),
    step: seconds(BigInt(stepMs) * 1_000_000n),
  };
}

/** Formats nanoseconds as seconds with three decimals, truncated to milliseconds. */
export function seconds(ns: bigint): string {
  const ms = ns / 1_000_000n - (ns % 1_000_000n < 0n ? 1n : 0n);
  const sign = ms < 0n ? "-" : "";
  const digits = `${ms < 0n ? -ms : ms}`.padStart(4, "0");
  return `${sign}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** @throws OptionTypeError, OptionRangeError unless it is a step of at least a millisecond. */
function milliseconds(step: unknown): number {
  const expected = 'a number of whole milliseconds, or a duration such as "30s"';
  if (typeof step !== "number" && typeof step !== "string") {
    throw new OptionTypeError("step", expected, formatValue(step));
  }
  const [, count, unit = ""] =
    typeof step === "string" ? (/^(\d{1,12})(ms|[smhdwy])$/.exec(step) ?? []) : ["", step, "ms"];
  const ms = Number(count) * (units[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw new OptionRangeError("step", expected, formatValue(step));
  }
  return ms;
}
