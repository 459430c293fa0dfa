import type { Emitter, EnvelopeOptions, GaugeMetrics } from "@loggregator/api";
import { formatValue, OptionTypeError } from "@loggregator/core";

/** A gauge that is emitted with every pulse. */
export interface GaugeMetric {
  /**
   * Sets the value: any number, at full precision. The initial value is 0.
   *
   * @throws TypeError for anything that is not a number.
   */
  set(n: number): void;
}

/** The implementation of `GaugeMetric`. */
export class PulsedGauge implements GaugeMetric {
  readonly name: string;
  readonly #unit: string;
  readonly #options: EnvelopeOptions;
  #value = 0;

  constructor(name: string, unit: string, options: EnvelopeOptions) {
    this.name = name;
    this.#unit = unit;
    this.#options = options;
  }

  set(n: number): void {
    if (typeof n !== "number") {
      throw new OptionTypeError("n", "a number", formatValue(n));
    }
    this.#value = n;
  }

  /** Emits the value. Returns the result of the emitter. */
  pulse(emitter: Emitter): unknown {
    const metrics: GaugeMetrics = { [this.name]: { value: this.#value, unit: this.#unit } };
    return emitter.emitGauge(metrics, this.#options);
  }
}
