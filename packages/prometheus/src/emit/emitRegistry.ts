import type { Emitter } from "@loggregator/api";
import { type AnyRegistry, checkRegistry } from "../checkRegistry.js";
import { MetricsEmitter } from "./metricsEmitter.js";
import { type EmitMetricsOptions, emitMetricsNames, emitMetricsSettings } from "./options.js";

/**
 * Emits the metrics of a prom-client registry at a fixed interval, as Cloud Foundry's prom scraper
 * does: first after one interval, and for the last time in `close()`.
 *
 * @param emitter Any client, such as an `IngressClient` or a `V1Client`. It is not closed.
 * @throws OptionTypeError, OptionRangeError for an invalid argument or option.
 */
export function emitRegistry(
  registry: AnyRegistry,
  emitter: Emitter,
  options: EmitMetricsOptions = {},
): MetricsEmitter {
  checkRegistry(registry);
  const settings = emitMetricsSettings(emitter, options, emitMetricsNames);
  return new MetricsEmitter(emitter, settings, {
    name: "the registry",
    collect: () => registry.metrics(),
    collectOnClose: true,
  });
}
