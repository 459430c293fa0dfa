import type { Emitter, Envelope } from "@loggregator/api";
import { objectArgument, oneOf } from "@loggregator/core";
import { toEnvelopes } from "../mapping/toEnvelopes/toEnvelopes.js";
import { EnvelopeSink } from "./envelopeSink.js";
import { otlpMetric } from "./otlpMetric.js";
import {
  checkExporterArguments,
  type EnvelopeEmitter,
  type SdkExporterOptions,
} from "./sdkOptions.js";
import type { SdkCallback, SdkMetrics } from "./sdkTypes.js";

/** Options of a `LoggregatorMetricExporter`. */
export interface SdkMetricExporterOptions extends SdkExporterOptions {
  /**
   * Whether counters and histograms are emitted with their total since the start (`"cumulative"`),
   * or with the increase since the last collection (`"delta"`), which agents add up.
   *
   * @default "cumulative"
   */
  readonly temporality?: "cumulative" | "delta" | undefined;
}

/** The numbers of the SDK's AggregationTemporality. */
const delta = 0;
const cumulative = 1;

/**
 * A `PushMetricExporter` for a `PeriodicExportingMetricReader`: monotonic sums become counters, other
 * sums and gauges become gauges, and histograms several of both. See `toEnvelopes` for the mapping.
 */
export class LoggregatorMetricExporter {
  readonly #sink: EnvelopeSink;
  readonly #isDelta: boolean;

  /** @throws OptionTypeError, OptionRangeError for an invalid argument or option. */
  constructor(emitter: EnvelopeEmitter | Emitter, options: SdkMetricExporterOptions = {}) {
    objectArgument("options", options);
    const { temporality = "cumulative", ...rest } = options;
    checkExporterArguments(emitter, ["emitCounter", "emitGauge"], rest);
    this.#isDelta = oneOf("temporality", temporality, ["cumulative", "delta"]) === "delta";
    this.#sink = new EnvelopeSink(emitter, rest);
  }

  /**
   * Emits metrics. Calls `done` at once: the emitter has a queue of its own.
   *
   * @throws OptionTypeError if `done` is not a function.
   */
  export(metrics: SdkMetrics, done: SdkCallback): void {
    this.#sink.export(() => this.#envelopes(metrics), done);
  }

  /** The temporality of an instrument. Those that may decrease are gauges, and so cumulative. */
  selectAggregationTemporality(instrumentType: string): typeof delta | typeof cumulative {
    return this.#isDelta && !instrumentType.endsWith("UP_DOWN_COUNTER") ? delta : cumulative;
  }

  /**
   * Flushes the emitter.
   *
   * @throws FlushTimeoutError if that takes longer than `flushTimeoutMs`.
   */
  forceFlush(): Promise<void> {
    return this.#sink.flush();
  }

  /**
   * Flushes the emitter and fails later exports. The emitter stays open.
   *
   * @throws FlushTimeoutError if that takes longer than `flushTimeoutMs`.
   */
  shutdown(): Promise<void> {
    return this.#sink.shutdown();
  }

  #envelopes({ resource, scopeMetrics }: SdkMetrics): Envelope[] {
    const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
    return toEnvelopes({
      metrics: {
        resourceMetrics: [
          {
            resource: this.#sink.resource(resource),
            scopeMetrics: [{ scope: undefined, metrics: metrics.map(otlpMetric), schemaUrl: "" }],
            schemaUrl: "",
          },
        ],
      },
    });
  }
}
