import type { EnvelopeOptions } from "../../envelope/options.js";

/** The number of misses in a row after which only every `retryInterval`th replaces the header. */
const maxMisses = 16;
const retryInterval = 64;
/** The maximum length of a cached header in bytes. */
const maxLength = 16 * 1024;

/**
 * Caches the bytes of one envelope header: source id, instance id and tags. Most callers repeat the
 * same values, and the header is then copied instead of encoded.
 */
export class HeaderCache {
  #bytes: Uint8Array | undefined;
  #sourceId: string | undefined;
  #instanceId: string | undefined;
  #sourceType: string | undefined;
  #names: readonly string[] = [];
  #values: readonly string[] = [];
  #misses = 0;
  /**
   * The tags that were last found to be a plain object. They are kept because the check takes a
   * twelfth of the time of a call.
   */
  #plainTags: EnvelopeOptions["tags"];

  /** Returns the bytes of the header with these fields, if they are cached. */
  find(
    sourceId: string | undefined,
    instanceId: string | undefined,
    tags: EnvelopeOptions["tags"],
    sourceType: string | undefined,
  ): Uint8Array | undefined {
    // Read first, because a getter of `tags` may emit and replace the cached header.
    const bytes = this.#bytes;
    if (
      bytes !== undefined &&
      sourceId === this.#sourceId &&
      instanceId === this.#instanceId &&
      sourceType === this.#sourceType &&
      this.#isPlain(tags) &&
      hasTags(tags, this.#names, this.#values)
    ) {
      this.#misses = 0;
      return bytes;
    }
    return undefined;
  }

  #isPlain(tags: EnvelopeOptions["tags"]): boolean {
    if (tags === this.#plainTags) {
      return true;
    }
    if (!isPlainObject(tags)) {
      return false;
    }
    this.#plainTags = tags;
    return true;
  }

  /** Caches the header with these fields, which was not found. */
  keep(
    sourceId: string | undefined,
    instanceId: string | undefined,
    names: readonly string[],
    values: readonly string[],
    sourceType: string | undefined,
    bytes: Uint8Array,
  ): void {
    if (this.#misses++ > maxMisses && this.#misses % retryInterval !== 0) {
      return;
    }
    if (bytes.length > maxLength) {
      return;
    }
    this.#sourceId = sourceId;
    this.#instanceId = instanceId;
    this.#sourceType = sourceType;
    this.#names = names;
    this.#values = values;
    this.#bytes = bytes.slice();
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A loop with `in` is fastest. It also visits inherited properties, but plain objects have none.
 */
function hasTags(
  tags: EnvelopeOptions["tags"],
  names: readonly string[],
  values: readonly string[],
): boolean {
  let index = 0;
  for (const name in tags) {
    if (name !== names[index] || tags[name] !== values[index]) {
      return false;
    }
    index++;
  }
  return index === names.length;
}
