import { closestName, formatValue, maxTimerMs } from "@loggregator/core";
import { ApiError } from "./apiError.js";

/** The parameters of a query, which may each be given more than once. */
export class Parameters {
  readonly #search: URLSearchParams;

  /** @throws ApiError for an unknown one. */
  constructor(search: URLSearchParams, known: readonly string[]) {
    this.#search = search;
    for (const name of search.keys()) {
      if (!known.includes(name)) {
        const closest = closestName(name, known);
        const advice =
          closest === undefined
            ? `known parameters: ${known.join(", ") || "none"}`
            : `did you mean ${formatValue(closest)}?`;
        throw new ApiError(
          400,
          "unknown_parameter",
          `unknown parameter ${formatValue(name)}; ${advice}`,
          { parameter: name },
        );
      }
    }
  }

  /** Returns all values of a parameter. */
  all(name: string): readonly string[] {
    return this.#search.getAll(name);
  }

  /** Returns the values of a parameter, separated by commas; each must be one of the words. */
  words<T extends string>(name: string, words: readonly T[]): readonly T[] {
    return this.all(name)
      .flatMap((text) => text.split(","))
      .map((text) => {
        const word = words.find((known) => known === text);
        if (word === undefined) {
          throw invalid(name, `one of ${words.join(", ")}`, text);
        }
        return word;
      });
  }

  /** Returns the last value of a parameter as an integer. */
  integer(name: string, from: number, to: number): number | undefined {
    const text = this.all(name).at(-1);
    if (text === undefined) {
      return undefined;
    }
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) {
      return number;
    }
    throw invalid(name, `an integer from ${from} to ${to}`, text);
  }

  /** Returns the time limit of a request that waits. */
  timeoutMs(): number {
    return this.integer("timeoutMs", 1, maxTimerMs) ?? defaultTimeoutMs;
  }
}

const defaultTimeoutMs = 5000;

/** Creates the error for the value of a parameter. */
export function invalid(parameter: string, expected: string, text: string): ApiError {
  const message = `${parameter} must be ${expected}, got ${formatValue(text)}`;
  return new ApiError(400, "invalid_parameter", message, { parameter });
}
