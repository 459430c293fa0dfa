import type { EnvelopeHeader } from "@loggregator/core";

/** The number of misses in a row after which only every `retryInterval`th replaces the entry. */
const maxMisses = 16;
const retryInterval = 64;
/** The maximum length of cached tags in bytes. */
const maxLength = 16 * 1024;

/** The ids and tags of an envelope. */
export interface EventTags {
  /** The source id, if it is a field and not a tag. */
  readonly sourceId: string | undefined;
  /** The instance id, if it is a field and not a tag. */
  readonly instanceId: string | undefined;
  /** Alternating names and values. */
  readonly tags: readonly string[];
  /** The tags as bytes, including the client's. Undefined until they are written. */
  bytes: Uint8Array | undefined;
}

/**
 * Caches the ids and tags of one envelope. Most callers repeat the same values, which are then not
 * checked and encoded again.
 */
export class EventTagsCache {
  readonly #check: ((entry: EventTags) => void) | undefined;
  #entry: EventTags | undefined;
  #misses = 0;

  /** @param check Called with ids and tags that are not cached. */
  constructor(check: ((entry: EventTags) => void) | undefined) {
    this.#check = check;
  }

  /**
   * Returns the cached entry if it has these ids and tags, and a new one otherwise.
   *
   * @throws The errors of the check.
   */
  find(
    sourceId: string | undefined,
    instanceId: string | undefined,
    tags: readonly string[],
  ): EventTags {
    const cached = this.#entry;
    if (
      cached !== undefined &&
      sourceId === cached.sourceId &&
      instanceId === cached.instanceId &&
      areEqual(tags, cached.tags)
    ) {
      this.#misses = 0;
      return cached;
    }
    const entry = { sourceId, instanceId, tags, bytes: undefined };
    this.#check?.(entry);
    return entry;
  }

  /** Caches an entry whose tags were written. */
  keep(entry: EventTags, bytes: Uint8Array): void {
    if (this.#misses++ > maxMisses && this.#misses % retryInterval !== 0) {
      return;
    }
    if (bytes.length <= maxLength) {
      entry.bytes = bytes.slice();
      this.#entry = entry;
    }
  }
}

/** Returns the header of the v2 envelope that the agent creates. */
export function headerOf(
  { sourceId, instanceId, tags }: EventTags,
  origin: string,
  clientTags: Readonly<Record<string, string>>,
): EnvelopeHeader {
  const text = (name: string) =>
    (Object.hasOwn(clientTags, name) ? clientTags[name] : tagText(tags, name)) ?? "";
  return {
    sourceId: sourceId || text("source_id"),
    origin,
    instanceId: instanceId ?? text("instance_id"),
    tagNames: [...tags.filter((_, i) => i % 2 === 0), ...Object.keys(clientTags)],
  };
}

/** Returns the value of a tag in alternating names and values. */
export function tagText(tags: readonly string[], name: string): string | undefined {
  const index = tags.findIndex((tag, i) => i % 2 === 0 && tag === name);
  return index < 0 ? undefined : tags[index + 1];
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) {
      return false;
    }
  }
  return true;
}
