import type { Envelope } from "@loggregator/api";

/** An estimate of the memory of an envelope without its text, in bytes. */
const overheadBytes = 200;

/** A queue of envelopes, bounded in number and in bytes. If it is full, the oldest are dropped. */
export class EnvelopeQueue {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #envelopes: (Envelope | undefined)[] = [];
  /** The estimated size of each envelope: estimating it once is faster than at each use. */
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#envelopes.length - this.#first;
  }

  /** The estimated size of all envelopes, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True if at most half of the number and of the bytes is in use. */
  get isHalfEmpty(): boolean {
    return this.size * 2 <= this.#maxCount && this.#bytes * 2 <= this.#maxBytes;
  }

  /** Adds an envelope. Returns the number of envelopes that were dropped to make room. */
  push(envelope: Envelope): number {
    const bytes = bytesOf(envelope);
    this.#envelopes.push(envelope);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    let dropped = 0;
    while (this.size > this.#maxCount || (this.#bytes > this.#maxBytes && this.size > 0)) {
      this.#shift();
      dropped++;
    }
    return dropped;
  }

  /** Removes and returns the oldest envelopes; at least one, even if it has more bytes. */
  take(maxCount: number, maxBytes: number): Envelope[] {
    const taken: Envelope[] = [];
    let bytes = 0;
    while (this.size > 0 && taken.length < maxCount) {
      bytes += this.#sizes[this.#first] as number;
      if (taken.length > 0 && bytes > maxBytes) {
        break;
      }
      taken.push(this.#shift());
    }
    return taken;
  }

  /** Removes all envelopes, and returns their number. */
  clear(): number {
    const { size } = this;
    this.#envelopes = [];
    this.#sizes = [];
    this.#first = 0;
    this.#bytes = 0;
    return size;
  }

  #shift(): Envelope {
    const envelope = this.#envelopes[this.#first] as Envelope;
    this.#bytes -= this.#sizes[this.#first] as number;
    this.#envelopes[this.#first++] = undefined;
    if (this.#first > 1024 && this.#first * 2 > this.#envelopes.length) {
      this.#envelopes = this.#envelopes.slice(this.#first);
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
    return envelope;
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
