import type { Envelope } from "@loggregator/api";

/**
 * The newest envelopes, within bounds of their number and of their size. Each has a number of its
 * own, counted from 0 in the order they came in, by which it is found as long as it is kept.
 */
export class EnvelopeRing {
  readonly capacity: number;
  readonly #maxBytes: number;
  readonly #envelopes: (Envelope | undefined)[];
  readonly #sizes: Float64Array;
  #first = 0;
  #end = 0;
  #bytes = 0;

  constructor(capacity: number, maxBytes: number) {
    this.capacity = capacity;
    this.#maxBytes = maxBytes;
    this.#envelopes = new Array<Envelope | undefined>(capacity).fill(undefined);
    this.#sizes = new Float64Array(capacity);
  }

  /** The number of the oldest that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next one gets. */
  get end(): number {
    return this.#end;
  }

  /** Adds one, and gives up as many of the oldest as the bounds ask for; the newest always stays. */
  push(envelope: Envelope): void {
    if (this.#end - this.#first === this.capacity) this.#dropOldest();
    const size = sizeOf(envelope);
    const place = this.#end % this.capacity;
    this.#envelopes[place] = envelope;
    this.#sizes[place] = size;
    this.#end += 1;
    this.#bytes += size;
    while (this.#bytes > this.#maxBytes && this.#end - this.#first > 1) this.#dropOldest();
  }

  /** The envelope of that number, undefined when it is no longer, or not yet, kept. */
  at(number: number): Envelope | undefined {
    if (number < this.#first || number >= this.#end) return undefined;
    return this.#envelopes[number % this.capacity];
  }

  clear(): void {
    while (this.#first < this.#end) this.#dropOldest();
  }

  #dropOldest(): void {
    const place = this.#first % this.capacity;
    this.#bytes -= this.#sizes[place] ?? 0;
    this.#envelopes[place] = undefined;
    this.#first += 1;
  }
}

/** What an envelope takes in memory, roughly and rather too much, in bytes. */
function sizeOf({ sourceId, instanceId, tags, message }: Envelope): number {
  let size = 500 + 2 * (sourceId.length + instanceId.length);
  for (const name in tags) size += 20 + 2 * (name.length + (tags[name]?.length ?? 0));
  switch (message?.$case) {
    case "log":
      return size + message.value.payload.length;
    case "gauge":
      for (const name in message.value.metrics) {
        size += 100 + 2 * (name.length + (message.value.metrics[name]?.unit.length ?? 0));
      }
      return size;
    case "event":
      return size + 2 * (message.value.title.length + message.value.body.length);
    default:
      return size + 2 * (message?.value.name.length ?? 0);
  }
}
