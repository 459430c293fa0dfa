import type { Envelope } from "@loggregator/api";
import { appOf } from "../../src/text/displayName.js";
import { LatencyHistogram } from "./latencyHistogram.js";

/** The length of a slot in seconds. */
export const slotSeconds = 5;
/** The number of slots that are kept: 15 minutes. */
const maxSlots = 180;
/** The maximum number of sources with their own numbers. */
const maxSources = 100;
const maxName = 256;

/** The requests of a slot of time. */
export interface Slot {
  requests: number;
  /** Those with a status of 4xx and of 5xx. */
  clientErrors: number;
  serverErrors: number;
  readonly latency: LatencyHistogram;
}

/** The requests of one source, in slots of time. */
export class RequestSeries {
  readonly name: string;
  /** By the number of the slot: the time in seconds, divided by `slotSeconds`. */
  readonly slots = new Map<number, Slot>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.name = name;
  }

  add(slotNumber: number, status: string, nanoseconds: bigint): void {
    if (slotNumber <= this.#newest - maxSlots) {
      return;
    }
    if (slotNumber > this.#newest) {
      this.#newest = slotNumber;
      for (const number of this.slots.keys()) {
        if (number <= slotNumber - maxSlots) {
          this.slots.delete(number);
        }
      }
    }
    let slot = this.slots.get(slotNumber);
    if (slot === undefined) {
      slot = { requests: 0, clientErrors: 0, serverErrors: 0, latency: new LatencyHistogram() };
      this.slots.set(slotNumber, slot);
    }
    slot.requests += 1;
    slot.clientErrors += status.startsWith("4") ? 1 : 0;
    slot.serverErrors += status.startsWith("5") ? 1 : 0;
    slot.latency.add(Number(nanoseconds) / 1e6);
  }

  /** The sum of the slots from a number on. */
  sum(from: number): Slot {
    const sum = { requests: 0, clientErrors: 0, serverErrors: 0, latency: new LatencyHistogram() };
    for (const [number, slot] of this.slots) {
      if (number >= from) {
        sum.requests += slot.requests;
        sum.clientErrors += slot.clientErrors;
        sum.serverErrors += slot.serverErrors;
        sum.latency.merge(slot.latency);
      }
    }
    return sum;
  }
}

/**
 * Requests of the last 15 minutes, from timers named `http` and those with the tag `status_code`, in
 * bounded memory. The requests that a router or an app sends itself (`peer_type` is `Client`) are not
 * counted again.
 */
export class RequestStore {
  readonly all = new RequestSeries("All sources");
  readonly #sources = new Map<string, RequestSeries>();

  add(envelope: Envelope, nowMs: number): void {
    const { message, tags, sourceId } = envelope;
    if (message?.$case !== "timer" || tags["peer_type"] === "Client") {
      return;
    }
    const status = tags["status_code"];
    if (status === undefined && message.value.name !== "http") {
      return;
    }
    const { start, stop } = message.value;
    const seconds = Number(envelope.timestamp) / 1e9;
    // A timestamp far in the future would evict all other slots.
    if (seconds * 1_000 > nowMs + 60_000) {
      return;
    }
    const slot = Math.floor(seconds / slotSeconds);
    this.all.add(slot, status ?? "", stop - start);
    this.#find(sourceId, appOf(envelope) ?? sourceId)?.add(slot, status ?? "", stop - start);
  }

  /** The sources with requests, in order of arrival, by their ids. */
  get sources(): ReadonlyMap<string, RequestSeries> {
    return this.#sources;
  }

  #find(sourceId: string, name: string): RequestSeries | undefined {
    const known = this.#sources.get(sourceId);
    if (known !== undefined || this.#sources.size >= maxSources || sourceId.length > maxName) {
      return known;
    }
    const made = new RequestSeries(name.slice(0, maxName));
    this.#sources.set(sourceId, made);
    return made;
  }
}
