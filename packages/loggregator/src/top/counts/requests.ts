import type { Envelope } from "@loggregator/api";
import { Count } from "./count.js";
import { LatencyHistogram } from "./latencyHistogram.js";

/** Percentiles cover the durations of the last one to two times this number of ticks. */
const rotateTicks = 30;

/** The requests of a source. Rates are per second. */
export interface RequestRow {
  readonly perSecond: number;
  /** The rates of answers with a status of 2xx and so on; `other` if there is none. */
  readonly perSecondOf: Readonly<Record<StatusClass, number>>;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export const statusClasses = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"] as const;

export type StatusClass = (typeof statusClasses)[number];

/** Counts the requests of a source by their timers. */
export class Requests {
  readonly #all = new Count();
  readonly #classes = new Map<StatusClass, Count>(statusClasses.map((name) => [name, new Count()]));
  readonly #durations = new LatencyHistogram();
  #ticks = 0;

  /** Whether a timer is one of a request, as the router of Cloud Foundry sends them. */
  static isRequest({ tags, message }: Envelope): boolean {
    return message?.$case === "timer" && (tags["status_code"] ?? tags["method"]) !== undefined;
  }

  add(durationMs: number, status: string | undefined): void {
    this.#all.total += 1;
    const count = this.#classes.get(classOf(status));
    if (count !== undefined) {
      count.total += 1;
    }
    this.#durations.add(durationMs);
  }

  /** Undefined if there were no requests lately. */
  tick(seconds: number): RequestRow | undefined {
    const perSecond = this.#all.tick() / seconds;
    const rates = Object.fromEntries(
      [...this.#classes].map(([name, count]) => [name, count.tick() / seconds]),
    ) as Record<StatusClass, number>;
    this.#ticks += 1;
    if (this.#ticks % rotateTicks === 0) {
      this.#durations.rotate();
    }
    const percentiles = this.#durations.percentiles([50, 95, 99, 100]);
    if (percentiles === undefined) {
      return undefined;
    }
    const [p50Ms, p95Ms, p99Ms, maxMs] = percentiles;
    return { perSecond, perSecondOf: rates, p50Ms, p95Ms, p99Ms, maxMs };
  }
}

function classOf(status = ""): StatusClass {
  const name = `${status.charAt(0)}xx`;
  return /^[1-5]\d\d$/.test(status) ? (name as StatusClass) : "other";
}
