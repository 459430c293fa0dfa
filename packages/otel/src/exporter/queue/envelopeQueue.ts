import type { Envelope } from "@loggregator/api";
import { SizedQueue } from "@loggregator/core";

/** An estimate of the memory of an envelope without its text, in bytes. */
const overheadBytes = 200;

/** A queue of envelopes, bounded in number and in bytes. If it is full, the oldest are dropped. */
export class EnvelopeQueue {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  readonly #envelopes = new SizedQueue<Envelope>();

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#envelopes.length;
  }

  /** The estimated size of all envelopes, in bytes. */
  get bytes(): number {
    return this.#envelopes.bytes;
  }

  /** True if at most half of the number and of the bytes is in use. */
  get isHalfEmpty(): boolean {
    return this.size * 2 <= this.#maxCount && this.bytes * 2 <= this.#maxBytes;
  }

  /** Adds an envelope. Returns the number of envelopes that were dropped to make room. */
  push(envelope: Envelope): number {
    this.#envelopes.push(envelope, bytesOf(envelope));
    let dropped = 0;
    while (this.size > this.#maxCount || (this.bytes > this.#maxBytes && this.size > 0)) {
      this.#envelopes.shift();
      dropped++;
    }
    return dropped;
  }

  /** Removes and returns the oldest envelopes; at least one, even if it has more bytes. */
  take(maxCount: number, maxBytes: number): Envelope[] {
    const taken: Envelope[] = [];
    let bytes = 0;
    while (this.size > 0 && taken.length < maxCount) {
      bytes += this.#envelopes.firstBytes;
      if (taken.length > 0 && bytes > maxBytes) {
        break;
      }
      taken.push(this.#envelopes.shift() as Envelope);
    }
    return taken;
  }

  /** Removes all envelopes, and returns their number. */
  clear(): number {
    return this.#envelopes.clear();
  }
}

/** Estimates the memory of an envelope: UTF-16 text takes two bytes per character. */
function bytesOf({ sourceId, instanceId, tags, message }: Envelope): number {
  let bytes = overheadBytes + 2 * (sourceId.length + instanceId.length);
  for (const name in tags) {
    bytes += 2 * (name.length + (tags[name]?.length ?? 0)) + 32;
  }
  switch (message?.$case) {
    case "log":
      return bytes + message.value.payload.length;
    case "event":
      return bytes + 2 * (message.value.title.length + message.value.body.length);
    case "gauge":
      for (const name in message.value.metrics) {
        bytes += 2 * name.length + 64;
      }
      return bytes;
    case "counter":
    case "timer":
      return bytes + 2 * message.value.name.length;
    default:
      return bytes;
  }
}
