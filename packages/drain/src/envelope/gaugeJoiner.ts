import { type Envelope, isGauge } from "@loggregator/api";
import { setOwn } from "@loggregator/core";
import type { DrainMessage } from "../receiver/drainMessage.js";

/**
 * The time for which a gauge waits for further metrics, in milliseconds. The agent sends them
 * without delay.
 */
const waitMs = 100;
/** The number of waiting gauges at which all are released. */
const maxWaiting = 1_000;

/**
 * Joins gauges of the same time, which a drain splits into a message for each metric: those with
 * the same source, instance, timestamp and tags. A gauge waits for further metrics until another
 * message of its source and instance arrives, and for at most 100 ms.
 */
export class GaugeJoiner {
  readonly #release: (messages: DrainMessage[]) => void;
  /** The waiting gauge of each source and instance. */
  readonly #waiting = new Map<string, DrainMessage>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param release Called with the messages that have waited long enough. */
  constructor(release: (messages: DrainMessage[]) => void) {
    this.#release = release;
  }

  /** Returns the messages that need not wait, including completed gauges. */
  add(messages: readonly DrainMessage[]): DrainMessage[] {
    const complete: DrainMessage[] = [];
    for (const received of messages) {
      const { envelope } = received;
      const key = `${envelope.sourceId}\n${envelope.instanceId}`;
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined && joins(waiting.envelope, envelope)) {
        continue;
      }
      if (waiting !== undefined) {
        this.#waiting.delete(key);
        complete.push(waiting);
      }
      if (isGauge(envelope)) {
        this.#waiting.set(key, received);
      } else {
        complete.push(received);
      }
    }
    if (this.#waiting.size > maxWaiting) {
      complete.push(...this.flush());
    } else if (this.#waiting.size > 0) {
      this.#timer ??= setTimeout(() => this.#release(this.flush()), waitMs);
    }
    return complete;
  }

  /** Returns the waiting gauges. */
  flush(): DrainMessage[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    return all;
  }
}

/** Adds the metrics of `more` to `gauge` if both belong together, and returns whether they do. */
function joins(gauge: Envelope, more: Envelope): boolean {
  if (!isGauge(gauge) || !isGauge(more) || gauge.timestamp !== more.timestamp) {
    return false;
  }
  const { metrics } = gauge.message.value;
  const added = Object.entries(more.message.value.metrics);
  if (added.some(([name]) => Object.hasOwn(metrics, name)) || !sameTags(gauge.tags, more.tags)) {
    return false;
  }
  for (const [name, value] of added) {
    setOwn(metrics, name, value);
  }
  return true;
}

function sameTags(a: Envelope["tags"], b: Envelope["tags"]): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
