import type { Envelope } from "@loggregator/api";

export type EnvelopeCase = NonNullable<Envelope["message"]>["$case"];

/** An envelope in the store, with its place in the tree: one object, as there are many. */
export class StoredEnvelope {
  readonly key: bigint;
  readonly timestamp: bigint;
  /** Undefined if it has no message. */
  readonly type: EnvelopeCase | undefined;
  /** The length of its binary form. */
  readonly length: number;
  readonly #slab: Uint8Array;
  readonly #start: number;
  parent: StoredEnvelope | undefined = undefined;
  left: StoredEnvelope | undefined = undefined;
  right: StoredEnvelope | undefined = undefined;
  height = 1;

  /** @param bytes Where its binary form begins in `slab`, and how long it is. */
  constructor(
    key: bigint,
    { timestamp, message }: Envelope,
    slab: Uint8Array,
    start: number,
    length: number,
  ) {
    this.key = key;
    this.timestamp = timestamp;
    this.type = message?.$case;
    this.#slab = slab;
    this.#start = start;
    this.length = length;
  }

  /** In protobuf's binary form. */
  get bytes(): Uint8Array {
    return this.#slab.subarray(this.#start, this.#start + this.length);
  }
}
