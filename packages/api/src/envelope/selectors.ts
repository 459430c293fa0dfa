import {
  checkOptionNames,
  formatValue,
  type OptionNames,
  OptionTypeError,
  stringArgument,
} from "@loggregator/core";
import type { Selector } from "../gen/loggregator/v2/egress.js";
import { optionalText } from "./arguments.js";

/** Options of every selector. */
export interface SelectorOptions {
  /**
   * The source id to select.
   *
   * @default "": all sources
   */
  readonly sourceId?: string | undefined;
}

/** Options of `selectCounter`. */
export interface CounterSelectorOptions extends SelectorOptions {
  /**
   * The name of the counter to select.
   *
   * @default "": all counters
   */
  readonly name?: string | undefined;
}

/** Options of `selectGauge`. */
export interface GaugeSelectorOptions extends SelectorOptions {
  /**
   * The metric names of the gauges to select. A gauge matches if it has exactly these metrics.
   *
   * @default []: all gauges
   */
  readonly names?: readonly string[] | undefined;
}

const selectorNames: OptionNames<SelectorOptions> = { sourceId: true };
const counterNames: OptionNames<CounterSelectorOptions> = { sourceId: true, name: true };
const gaugeNames: OptionNames<GaugeSelectorOptions> = { sourceId: true, names: true };

/**
 * Selects logs.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectLog(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options, selectorNames), message: { $case: "log", value: {} } };
}

/**
 * Selects counters.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectCounter(options: CounterSelectorOptions = {}): Selector {
  const sourceId = sourceOf(options, counterNames);
  const name = optionalText("name", options.name);
  return { sourceId, message: { $case: "counter", value: { name } } };
}

/**
 * Selects gauges.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectGauge(options: GaugeSelectorOptions = {}): Selector {
  const sourceId = sourceOf(options, gaugeNames);
  const given: unknown = options.names;
  if (given !== undefined && !Array.isArray(given)) {
    throw new OptionTypeError("names", "an array of strings", formatValue(given));
  }
  const names = Array.from(given ?? [], (name, index) => stringArgument(`names[${index}]`, name));
  return { sourceId, message: { $case: "gauge", value: { names } } };
}

/**
 * Selects timers.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectTimer(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options, selectorNames), message: { $case: "timer", value: {} } };
}

/**
 * Selects events.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectEvent(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options, selectorNames), message: { $case: "event", value: {} } };
}

/**
 * Selects everything: one selector for each of the five types.
 *
 * @throws OptionTypeError for an invalid or unknown option.
 */
export function selectAll(options: SelectorOptions = {}): Selector[] {
  const sourceId = sourceOf(options, selectorNames);
  return [
    selectLog({ sourceId }),
    selectCounter({ sourceId }),
    selectGauge({ sourceId }),
    selectTimer({ sourceId }),
    selectEvent({ sourceId }),
  ];
}

function sourceOf<T extends SelectorOptions>(options: T, known: OptionNames<T>): string {
  checkOptionNames("options", options, known);
  return optionalText("sourceId", options.sourceId);
}
