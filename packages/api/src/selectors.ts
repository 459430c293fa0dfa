import { describe, optionalText, textArgument } from "./arguments.js";
import type { Selector } from "./gen/loggregator/v2/egress.js";

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
export function selectLog(options?: SelectorOptions): Selector {
  return select(options, { $case: "log", value: {} });
}

/** Selects counters. */
export function selectCounter(options?: CounterSelectorOptions): Selector {
  return select(options, {
    $case: "counter",
    value: { name: optionalText("name", options?.name) },
  });
}

/** Selects gauges. */
export function selectGauge(options?: GaugeSelectorOptions): Selector {
  const names: unknown = options?.names ?? [];
  if (!Array.isArray(names)) {
    throw new TypeError(`names: expected an array of strings, got ${describe(names)}`);
  }
  return select(options, {
    $case: "gauge",
    value: { names: names.map((name, index) => textArgument(`names[${index}]`, name)) },
  });
}

/** Selects timers. */
export function selectTimer(options?: SelectorOptions): Selector {
  return select(options, { $case: "timer", value: {} });
}

/** Selects events. */
export function selectEvent(options?: SelectorOptions): Selector {
  return select(options, { $case: "event", value: {} });
}

/** Selects everything: one selector for each of the five types. */
export function selectAll(options?: SelectorOptions): Selector[] {
  const { sourceId } = options ?? {};
  return [
    selectLog({ sourceId }),
    selectCounter({ sourceId }),
    selectGauge({ sourceId }),
    selectTimer({ sourceId }),
    selectEvent({ sourceId }),
  ];
}

function select(options: SelectorOptions | undefined, message: Selector["message"]): Selector {
  return { sourceId: optionalText("sourceId", options?.sourceId), message };
}
