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
import { checkSubqueries } from "./checkSubqueries.js";
import { durationMs } from "./durationMs.js";

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
   * @default the server's current time
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
  /** Empty: the server's current time. */
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
    query: checkQuery(query, 0),
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
  const spanMs = Number(floorMs(end) - floorMs(start));
  const points = Math.floor(spanMs / stepMs) + 1;
  if (points > maxPoints) {
    const expected = `large enough for at most ${maxPoints} points between start and end`;
    throw new OptionRangeError("step", expected, `${stepMs} ms, for ${points} points`);
  }
  return {
    query: checkQuery(query, spanMs),
    start: seconds(start),
    end: seconds(end),
    step: seconds(BigInt(stepMs) * 1_000_000n),
  };
}

/** @throws OptionTypeError, OptionRangeError for an invalid query or one with too many points. */
function checkQuery(query: unknown, spanMs: number): string {
  const text = checkText("query", nonEmptyString("query", query));
  checkSubqueries(text, spanMs, maxPoints);
  return text;
}

/** Formats nanoseconds as seconds with three decimals, rounded down to milliseconds. */
export function seconds(ns: bigint): string {
  const ms = floorMs(ns);
  const sign = ms < 0n ? "-" : "";
  const digits = `${ms < 0n ? -ms : ms}`.padStart(4, "0");
  return `${sign}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

function floorMs(ns: bigint): bigint {
  return ns / 1_000_000n - (ns % 1_000_000n < 0n ? 1n : 0n);
}

/** @throws OptionTypeError, OptionRangeError unless it is a step of at least a millisecond. */
function milliseconds(step: unknown): number {
  const expected = 'a number of whole milliseconds, or a duration such as "30s"';
  if (typeof step !== "number" && typeof step !== "string") {
    throw new OptionTypeError("step", expected, formatValue(step));
  }
  const ms = typeof step === "number" ? step : durationMs(step);
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw new OptionRangeError("step", expected, formatValue(step));
  }
  return ms;
}
