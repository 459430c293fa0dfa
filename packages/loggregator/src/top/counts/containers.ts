import type { GaugeValue } from "@loggregator/api";
import { bounded, copy } from "./bounded.js";

/** The metrics of a container that Cloud Foundry sends. Undefined until one arrives. */
export interface Container {
  readonly instance: string;
  /** In percent of a core. */
  readonly cpu?: number | undefined;
  /** In bytes. */
  readonly memory?: number | undefined;
  readonly memoryQuota?: number | undefined;
  readonly disk?: number | undefined;
  readonly diskQuota?: number | undefined;
  /** In bytes per second. */
  readonly logRate?: number | undefined;
  /** In bytes per second; -1 for no limit. */
  readonly logRateLimit?: number | undefined;
}

type Field = Exclude<keyof Container, "instance">;

const fields: Readonly<Record<string, Field>> = {
  cpu: "cpu",
  memory: "memory",
  memory_quota: "memoryQuota",
  disk: "disk",
  disk_quota: "diskQuota",
  log_rate: "logRate",
  log_rate_limit: "logRateLimit",
};

/** The maximum number of instances of a source. */
const maxInstances = 100;
/** An instance without metrics for this number of ticks has stopped. */
const staleTicks = 90;

/** The containers of a source. */
export class Containers {
  readonly #containers = new Map<
    string,
    { values: { -readonly [K in Field]?: number }; tick: number }
  >();
  #ticks = 0;

  add(instanceId: string, metrics: Readonly<Record<string, GaugeValue>>): void {
    for (const name in fields) {
      const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      const field = fields[name];
      if (metric === undefined || field === undefined || !Number.isFinite(metric.value)) {
        continue;
      }
      const container = this.#container(bounded(instanceId));
      if (container === undefined) {
        return;
      }
      container.values[field] = metric.value;
      container.tick = this.#ticks;
    }
  }

  /** The containers, by instance. */
  tick(): Container[] {
    this.#ticks += 1;
    for (const [instance, { tick }] of this.#containers) {
      if (this.#ticks - tick > staleTicks) {
        this.#containers.delete(instance);
      }
    }
    return [...this.#containers]
      .map(([instance, { values }]) => ({ instance, ...values }))
      .sort((a, b) => a.instance.localeCompare(b.instance, "en", { numeric: true }));
  }

  #container(instance: string) {
    let container = this.#containers.get(instance);
    if (container === undefined && this.#containers.size < maxInstances) {
      container = { values: {}, tick: this.#ticks };
      this.#containers.set(copy(instance), container);
    }
    return container;
  }
}

/** The sum of a field over all containers; undefined if none has it. */
export function sumOf(containers: readonly Container[], field: Field): number | undefined {
  let sum: number | undefined;
  for (const { [field]: value } of containers) {
    if (value !== undefined) {
      sum = (sum ?? 0) + value;
    }
  }
  return sum;
}
