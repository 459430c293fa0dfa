import type { Envelope } from "@loggregator/api";
import type { EnvelopeType } from "../../filter/filter.js";
import { appOf } from "../../text/displayName.js";
import { bounded, copy } from "./bounded.js";
import { type Container, Containers } from "./containers.js";
import { Count } from "./count.js";
import { type RequestRow, Requests } from "./requests.js";

/** The number of ticks whose rates a source keeps. */
const historyTicks = 60;

/** A source and its envelopes. Rates are per second, averaged over the last ticks. */
export interface SourceRow {
  readonly sourceId: string;
  /** `checkout (prod)` if envelopes have the tags of an app, otherwise the source id. */
  readonly name: string;
  readonly perSecond: number;
  readonly perSecondOf: Readonly<Record<EnvelopeType, number>>;
  readonly total: number;
  /** The rates of the last ticks, the newest last. */
  readonly history: readonly number[];
  readonly containers: readonly Container[];
  readonly requests: RequestRow | undefined;
}

/** Counts the envelopes of a source. */
export class SourceEntry {
  readonly #sourceId: string;
  #name: string | undefined;
  readonly #all = new Count();
  readonly #counts = {
    log: new Count(),
    counter: new Count(),
    gauge: new Count(),
    timer: new Count(),
    event: new Count(),
  };
  readonly #history: number[] = [];
  /** Only apps have these. */
  #containers: Containers | undefined;
  #requests: Requests | undefined;

  constructor(sourceId: string) {
    this.#sourceId = sourceId;
  }

  get isIdle(): boolean {
    return this.#all.isIdle;
  }

  add(envelope: Envelope): void {
    const { instanceId, tags, message } = envelope;
    this.#all.total += 1;
    if (message === undefined) {
      return;
    }
    this.#counts[message.$case].total += 1;
    if (this.#name === undefined) {
      this.#name = nameOf(envelope);
    }
    if (message.$case === "gauge") {
      if ("cpu" in message.value.metrics || "memory" in message.value.metrics || this.#containers) {
        this.#containers ??= new Containers();
        this.#containers.add(instanceId, message.value.metrics);
      }
    } else if (message.$case === "timer" && Requests.isRequest(envelope)) {
      this.#requests ??= new Requests();
      const { start, stop } = message.value;
      this.#requests.add(Number(stop - start) / 1e6, tags["status_code"]);
    }
  }

  tick(seconds: number): SourceRow {
    const { log, counter, gauge, timer, event } = this.#counts;
    const perSecond = this.#all.tick() / seconds;
    this.#history.push(perSecond);
    if (this.#history.length > historyTicks) {
      this.#history.shift();
    }
    return {
      sourceId: this.#sourceId,
      name: this.#name ?? this.#sourceId,
      perSecond,
      perSecondOf: {
        log: log.tick() / seconds,
        counter: counter.tick() / seconds,
        gauge: gauge.tick() / seconds,
        timer: timer.tick() / seconds,
        event: event.tick() / seconds,
      },
      total: this.#all.total,
      history: [...this.#history],
      containers: this.#containers?.tick() ?? [],
      requests: this.#requests?.tick(seconds),
    };
  }
}

function nameOf(envelope: Envelope): string | undefined {
  const app = appOf(envelope);
  const space = envelope.tags["space_name"];
  return app && copy(bounded(space ? `${app} (${space})` : app));
}
