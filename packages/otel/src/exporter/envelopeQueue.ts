import type { Envelope } from "@loggregator/api";

/** An estimate of the memory of an envelope without its text, in bytes. */
const overheadBytes = 200;

/** A queue of envelopes, bounded in number and in bytes. If it is full, the oldest are dropped. */
export class EnvelopeQueue {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #envelopes: (Envelope | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#envelopes.length - this.#first;
  }

  /** Adds an envelope. Returns the number of envelopes that were dropped for it. */
  push(envelope: Envelope): number {
    this.#envelopes.push(envelope);
    this.#bytes += bytesOf(envelope);
    let dropped = 0;
    while (this.size > this.#maxCount || (this.#bytes > this.#maxBytes && this.size > 0)) {
      this.#shift();
      dropped++;
    }
    return dropped;
  }

  /** Removes and returns the oldest envelopes. */
  take(maxCount: number, maxBytes: number): Envelope[] {
    const taken: Envelope[] = [];
    let bytes = 0;
    while (this.size > 0 && taken.length < maxCount) {
      const size = bytesOf(this.#envelopes[this.#first] as Envelope);
      if (taken.length > 0 && bytes + size > maxBytes) {
        break;
      }
      bytes += size;
      taken.push(this.#shift());
    }
    return taken;
  }

  /** Removes all envelopes, and returns their number. */
  clear(): number {
    const { size } = this;
    this.#envelopes = [];
    this.#first = 0;
    this.#bytes = 0;
    return size;
  }

  #shift(): Envelope {
    const envelope = this.#envelopes[this.#first] as Envelope;
    this.#envelopes[this.#first++] = undefined;
    this.#bytes -= bytesOf(envelope);
    if (this.#first > 1024 && this.#first * 2 > this.#envelopes.length) {
      this.#envelopes = this.#envelopes.slice(this.#first);
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
