import type { EnvelopeOptions } from "../envelope/options.js";

/** So often in a row the memo was of no use: then it only looks now and again whether that has changed. */
const patience = 16;
const interval = 64;

/**
 * Remembers the bytes of an envelope's head: source id, instance id and tags. Most callers emit
 * with the same ones again and again, and then the head is copied instead of encoded.
 */
export class HeaderCache {
  bytes = new Uint8Array();
  #sourceId: string | undefined;
  #instanceId: string | undefined;
  #sourceType: string | undefined;
  #names: readonly string[] = [];
  #values: readonly string[] = [];
  #known = false;
  #misses = 0;

  /** Whether `bytes` is the head that these make. */
  matches(options: EnvelopeOptions, sourceType: string | undefined): boolean {
    if (
      this.#known &&
      options.sourceId === this.#sourceId &&
      options.instanceId === this.#instanceId &&
      sourceType === this.#sourceType &&
      this.#hasTags(options.tags)
    ) {
      this.#misses = 0;
      return true;
    }
    return false;
  }

  /** Remembers the head that these made. */
  keep(options: EnvelopeOptions, sourceType: string | undefined, bytes: Uint8Array): void {
    if (this.#misses++ > patience && this.#misses % interval !== 0) return;
    const { tags = {} } = options;
    this.#sourceId = options.sourceId;
    this.#instanceId = options.instanceId;
    this.#sourceType = sourceType;
    this.#names = Object.keys(tags);
    this.#values = Object.values(tags);
    this.#known = true;
    this.bytes = bytes.slice();
  }

  #hasTags(tags: EnvelopeOptions["tags"]): boolean {
    const names = this.#names;
    if (tags === undefined) return names.length === 0;
    // A loop with `in` is the fastest, and sees inherited properties too: only plain objects have none.
    if (typeof tags !== "object" || tags === null) return false;
    const prototype: unknown = Object.getPrototypeOf(tags);
    if (prototype !== Object.prototype && prototype !== null) return false;
    const values = this.#values;
    let index = 0;
    for (const name in tags) {
      if (name !== names[index] || tags[name] !== values[index]) return false;
      index++;
    }
    return index === names.length;
  }
}
