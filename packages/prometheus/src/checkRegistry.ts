import { formatValue, OptionTypeError } from "@loggregator/core";
import type { OpenMetricsContentType, PrometheusContentType, Registry } from "prom-client";

/** A registry of prom-client, with either of the text formats. */
export type AnyRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;

/** @throws OptionTypeError if it is not a registry of prom-client. */
export function checkRegistry(registry: AnyRegistry): void {
  if (
    typeof registry?.metrics !== "function" ||
    typeof registry.registerMetric !== "function" ||
    typeof registry.getSingleMetric !== "function"
  ) {
    throw new OptionTypeError("registry", "a Registry of prom-client", formatValue(registry));
  }
}
