import type { Selector } from "../gen/loggregator/v2/egress.js";
import { checkObject, describe, optionalText, textArgument } from "./arguments.js";

/** Which source to select. */
export interface SelectorOptions {
  /** Exactly this source. Default: "", all sources. */
  readonly sourceId?: string | undefined;
}

/** Which counters to select. */
export interface CounterSelectorOptions extends SelectorOptions {
  /** Exactly this name. Default: "", all counters. */
  readonly name?: string | undefined;
}

/** Which gauges to select. */
export interface GaugeSelectorOptions extends SelectorOptions {
  /** Only gauges whose set of metric names is exactly this one. Default: [], all gauges. */
  readonly names?: readonly string[] | undefined;
}

/** Selects logs. */
export function selectLog(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options), message: { $case: "log", value: {} } };
}

/** Selects counters. */
export function selectCounter(options: CounterSelectorOptions = {}): Selector {
  const sourceId = sourceOf(options);
  const name = optionalText("name", options.name);
  return { sourceId, message: { $case: "counter", value: { name } } };
}

/** Selects gauges. */
export function selectGauge(options: GaugeSelectorOptions = {}): Selector {
  const sourceId = sourceOf(options);
  const given: unknown = options.names;
  if (given !== undefined && !Array.isArray(given)) {
    throw new TypeError(`names: expected an array of strings, got ${describe(given)}`);
  }
  const names = Array.from(given ?? [], (name, index) => textArgument(`names[${index}]`, name));
  return { sourceId, message: { $case: "gauge", value: { names } } };
}

/** Selects timers. */
export function selectTimer(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options), message: { $case: "timer", value: {} } };
}

/** Selects events. */
export function selectEvent(options: SelectorOptions = {}): Selector {
  return { sourceId: sourceOf(options), message: { $case: "event", value: {} } };
}

/** Selects everything: one selector for each of the five types. */
export function selectAll(options: SelectorOptions = {}): Selector[] {
  const sourceId = sourceOf(options);
  return [
    selectLog({ sourceId }),
    selectCounter({ sourceId }),
    selectGauge({ sourceId }),
    selectTimer({ sourceId }),
    selectEvent({ sourceId }),
  ];
}

function sourceOf(options: SelectorOptions): string {
  checkObject("options", options);
  return optionalText("sourceId", options.sourceId);
}
