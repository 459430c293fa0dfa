import type { Emitter } from "@loggregator/api";
import { type AnyRegistry, checkRegistry } from "../checkRegistry.js";
import { MetricsEmitter } from "./metricsEmitter.js";
import { type EmitMetricsOptions, emitMetricsNames, emitMetricsSettings } from "./options.js";

/**
 * Emits the metrics of a prom-client registry at a fixed interval, as the prom scraper of a Cloud
 * Foundry does. The first ones come after one interval, and the last ones with `close()`.
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
