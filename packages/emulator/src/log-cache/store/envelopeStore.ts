import type { Envelope } from "@loggregator/api";
import { ByteSlabs } from "./byteSlabs.js";
import { StoredEnvelope } from "./storedEnvelope.js";
import { TimestampTree } from "./timestampTree.js";

/** The metadata of a source in the store. */
export interface SourceMeta {
  readonly count: number;
  /** The number of envelopes that have expired. */
  readonly expired: number;
  readonly oldestTimestamp: bigint;
  readonly newestTimestamp: bigint;
}

export interface EnvelopeStoreOptions {
  /** The number of envelopes kept for each source. */
  readonly maxPerSource: number;
  /** The approximate memory limit for all envelopes, in bytes. */
  readonly maxBytes: number;
}

/**
 * The maximum difference between the key and the timestamp of an envelope, from log-cache's source.
 */
const maxKeyOffset = 4000;
/** The approximate memory overhead of an envelope in bytes. */
const overheadBytes = 160;

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
  put(envelope: Envelope, bytes: Uint8Array): void {
    const source = this.#source(envelope.sourceId);
    if (source.size >= this.#options.maxPerSource) {
      this.#bytes -= sizeOf(source.expire());
    }
    const start = this.#slabs.copy(bytes);
    const key = source.freeKey(envelope.timestamp);
    const stored = new StoredEnvelope(key, envelope, this.#slabs.slab, start, bytes.length);
    const replaced = source.add(stored);
    this.#bytes += sizeOf(stored) - (replaced === undefined ? 0 : sizeOf(replaced));
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

  /** Returns the metadata of each source, by source id. */
  meta(): Map<string, SourceMeta> {
    return new Map([...this.#sources].map(([sourceId, source]) => [sourceId, source.meta]));
  }

  /** Discards everything, as a node does when it restarts. */
  clear(): void {
    this.#sources.clear();
    this.#bytes = 0;
  }

  #source(sourceId: string): SourceStore {
    let source = this.#sources.get(sourceId);
    if (source === undefined) {
      source = new SourceStore();
      this.#sources.set(sourceId, source);
    }
    return source;
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
  readonly #tree = new TimestampTree();
  #expired = 0;
  #newest = 0n;
  /**
   * The latest timestamp and the offset of its key: the search for a key of an equal one starts
   * there.
   */
  #latestTimestamp = 0n;
  #latestOffset = 0;

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

  /** Returns the key for an envelope with this timestamp: the next free one, up to 4,000 behind it. */
  freeKey(timestamp: bigint): bigint {
    let offset = timestamp === this.#latestTimestamp ? this.#latestOffset : 0;
    let key = offset === 0 ? timestamp : timestamp + BigInt(offset);
    while (offset < maxKeyOffset && this.#tree.has(key)) {
      offset += 1;
      key = timestamp + BigInt(offset);
    }
    this.#latestTimestamp = timestamp;
    this.#latestOffset = offset;
    return key;
  }

  /** Returns the envelope that it replaces, if there is one. */
  add(envelope: StoredEnvelope): StoredEnvelope | undefined {
    if (envelope.timestamp > this.#newest) {
      this.#newest = envelope.timestamp;
    }
    return this.#tree.add(envelope);
  }

  /** Removes the oldest envelope, of at least one. */
  expire(): StoredEnvelope {
    // The key of the envelope is free again.
    this.#latestOffset = 0;
    this.#expired += 1;
    return this.#tree.removeFirst() as StoredEnvelope;
  }

  visit(...args: Parameters<TimestampTree["visit"]>): void {
    this.#tree.visit(...args);
  }
}

function sizeOf({ length }: StoredEnvelope): number {
  return length + overheadBytes;
}
