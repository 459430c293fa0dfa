import type { Emitter, EnvelopeOptions } from "@loggregator/api";
import { describe } from "./arguments.js";

/** Holds a value, and is emitted with every pulse. */
export interface GaugeMetric {
  /**
   * Sets the value: any number, kept as it is. It is 0 until first set.
   *
   * @throws TypeError for what is no number.
   */
  set(n: number): void;
}

/** The gauge behind a `GaugeMetric`. */
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
    if (typeof n !== "number") throw new TypeError(`n: expected a number, got ${describe(n)}`);
    this.#value = n;
  }

  /** Emits the last value that was set. */
  pulse(emitter: Emitter): void {
    emitter.emitGauge({ [this.name]: { value: this.#value, unit: this.#unit } }, this.#options);
  }
}
