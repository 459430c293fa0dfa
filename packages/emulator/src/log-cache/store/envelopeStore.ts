import type { Envelope } from "@loggregator/api";
import { ByteSlabs } from "./byteSlabs.js";
import { TimestampTree } from "./timestampTree.js";

export type EnvelopeCase = NonNullable<Envelope["message"]>["$case"];

/** An envelope in the store. */
export interface StoredEnvelope {
  /** In protobuf's binary form. */
  readonly bytes: Uint8Array;
  /** Undefined if it has no message. */
  readonly type: EnvelopeCase | undefined;
}

/** What the store has of a source. */
export interface SourceMeta {
  readonly count: number;
  /** How many it had and has no more. */
  readonly expired: number;
  readonly oldestTimestamp: bigint;
  readonly newestTimestamp: bigint;
}

export interface EnvelopeStoreOptions {
  /** How many envelopes of a source are kept. */
  readonly maxPerSource: number;
  /** How many bytes all envelopes may occupy, about. */
  readonly maxBytes: number;
}

/** How many keys behind its own an envelope may get, from log-cache's source. */
const maxKeyOffset = 4000;
/** About what an envelope occupies beside its bytes. */
const overheadBytes = 320;

/** The envelopes of each source, in the order of their timestamps. Bounded; the oldest expire. */
export class EnvelopeStore {
  readonly #options: EnvelopeStoreOptions;
  readonly #sources = new Map<string, SourceStore>();
  readonly #slabs = new ByteSlabs();
  #bytes = 0;

  constructor(options: EnvelopeStoreOptions) {
    this.#options = options;
  }

  /** @param bytes The envelope in protobuf's binary form. They are copied. */
  put({ sourceId, timestamp, message }: Envelope, bytes: Uint8Array): void {
    let source = this.#sources.get(sourceId);
    if (source === undefined) {
      source = new SourceStore();
      this.#sources.set(sourceId, source);
    }
    if (source.size >= this.#options.maxPerSource) {
      this.#bytes -= sizeOf(source.expire());
    }
    const stored = { bytes: this.#slabs.copy(bytes), type: message?.$case };
    this.#bytes += sizeOf(stored) - sizeOf(source.put(timestamp, stored));
    if (this.#bytes > this.#options.maxBytes) {
      this.#prune();
    }
  }

  /** See `TimestampTree.visit`. */
  visit(
    sourceId: string,
    range: { readonly start: bigint; readonly end: bigint; readonly descending: boolean },
    visit: (envelope: StoredEnvelope) => boolean,
  ): void {
    this.#sources.get(sourceId)?.visit(range.start, range.end, range.descending, visit);
  }

  /** What it has of each source, by source id. */
  meta(): Map<string, SourceMeta> {
    return new Map([...this.#sources].map(([sourceId, source]) => [sourceId, source.meta]));
  }

  /** Loses everything, as a node that is restarted does. */
  clear(): void {
    this.#sources.clear();
    this.#bytes = 0;
  }

  /** Expires the oldest envelopes of all sources, until a tenth of the memory is free. */
  #prune(): void {
    const limit = this.#options.maxBytes * 0.9;
    const queue = [...this.#sources].map(([sourceId, source]) => ({ sourceId, source }));
    queue.sort((a, b) => (a.source.oldest < b.source.oldest ? 1 : -1));
    while (this.#bytes > limit) {
      const oldest = queue.pop();
      if (oldest === undefined) {
        return;
      }
      const { sourceId, source } = oldest;
      this.#bytes -= sizeOf(source.expire());
      if (source.size === 0) {
        this.#sources.delete(sourceId);
        continue;
      }
      let from = 0;
      let to = queue.length;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if ((queue[middle]?.source.oldest ?? 0n) > source.oldest) {
          from = middle + 1;
        } else {
          to = middle;
        }
      }
      queue.splice(from, 0, oldest);
    }
  }
}

class SourceStore {
  readonly #tree = new TimestampTree<StoredEnvelope>();
  #expired = 0;
  #newest = 0n;
  /** The key that the latest envelope got: those with equal timestamps look for a free key from there. */
  #latest = { timestamp: 0n, offset: 0 };

  get size(): number {
    return this.#tree.size;
  }

  /** The smallest key. */
  get oldest(): bigint {
    return this.#tree.firstKey ?? 0n;
  }

  get meta(): SourceMeta {
    return {
      count: this.#tree.size,
      expired: this.#expired,
      oldestTimestamp: this.oldest,
      newestTimestamp: this.#newest,
    };
  }

  /** Returns the envelope that it replaces, if there is one. */
  put(timestamp: bigint, stored: StoredEnvelope): StoredEnvelope | undefined {
    let offset = timestamp === this.#latest.timestamp ? this.#latest.offset : 0;
    while (offset < maxKeyOffset && this.#tree.has(timestamp + BigInt(offset))) {
      offset += 1;
    }
    this.#latest = { timestamp, offset };
    if (timestamp > this.#newest) {
      this.#newest = timestamp;
    }
    return this.#tree.set(timestamp + BigInt(offset), timestamp, stored);
  }

  /** Removes the oldest envelope. */
  expire(): StoredEnvelope | undefined {
    // Its key is free again.
    this.#latest = { timestamp: 0n, offset: 0 };
    this.#expired += 1;
    return this.#tree.removeFirst();
  }

  visit(...args: Parameters<TimestampTree<StoredEnvelope>["visit"]>): void {
    this.#tree.visit(...args);
  }
}

function sizeOf(stored: StoredEnvelope | undefined): number {
  return stored === undefined ? 0 : stored.bytes.length + overheadBytes;
}
