import { amount, duration, grouped } from "../../text/formatNumbers.js";
import { bounded, copy } from "./bounded.js";
import { Count } from "./count.js";

/** A metric of a source. */
export interface MetricRow {
  readonly name: string;
  readonly type: "counter" | "gauge" | "timer";
  readonly sourceId: string;
  readonly perSecond: number;
  readonly total: number;
  /** The last value: of a gauge with its unit, of a counter its total, of a timer its duration. */
  readonly value: string;
}

/** Counts the values of a metric, and keeps the last one. */
export class MetricEntry {
  readonly #sourceId: string;
  readonly #type: MetricRow["type"];
  readonly #name: string;
  readonly #count = new Count();
  #value: number | bigint = 0;
  #unit = "";
  /** The value of a counter: its total, or the sum of its deltas. */
  sum = 0n;

  constructor(sourceId: string, type: MetricRow["type"], name: string) {
    this.#sourceId = sourceId;
    this.#type = type;
    this.#name = name;
  }

  get isIdle(): boolean {
    return this.#count.isIdle;
  }

  add(value: number | bigint, unit = ""): void {
    this.#count.total += 1;
    this.#value = value;
    if (unit !== this.#unit) {
      this.#unit = copy(bounded(unit));
    }
  }

  tick(seconds: number): MetricRow {
    return {
      name: this.#name,
      type: this.#type,
      sourceId: this.#sourceId,
      perSecond: this.#count.tick() / seconds,
      total: this.#count.total,
      value: this.#text(),
    };
  }

  #text(): string {
    if (this.#type === "timer") {
      return duration(BigInt(this.#value));
    }
    return typeof this.#value === "bigint" ? grouped(this.#value) : amount(this.#value, this.#unit);
  }
}
