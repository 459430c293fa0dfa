import type { HeaderCheck } from "@loggregator/core";
import { checkTag, checkTags, checkTagsObject, optionalText } from "../envelope/arguments.js";
import type { EnvelopeOptions } from "../envelope/options.js";
import type { HeaderCache } from "./cache/headerCache.js";
import type { CheckedDeprecatedTag } from "./checkedFields.js";
import {
  instanceId as instanceIdTag,
  sourceId as sourceIdTag,
  writeDeprecatedTag,
  writeTag,
  writeText,
} from "./envelopeFields.js";
import { WireWriter } from "./wire/wireWriter.js";

/** The maximum size of a buffer that is kept for the next header. */
const maxKeptCapacity = 64 * 1024;
const initialCapacity = 1024;

const none: readonly never[] = [];

/** Encodes envelope headers: source id, instance id and tags, with the client's tags added. */
export class HeaderEncoder {
  #wire = new WireWriter(initialCapacity);
  readonly #clientTags: Readonly<Record<string, string>>;
  readonly #clientTagNames: readonly string[];
  readonly #clientTagBytes: Uint8Array;

  readonly #check: HeaderCheck | undefined;

  /** @param check Called with each header that is not in a cache. */
  constructor(tags: Readonly<Record<string, string>>, check?: HeaderCheck) {
    this.#check = check;
    checkTagsObject("tags", tags);
    this.#clientTags = { ...tags };
    checkTags("tags", this.#clientTags);
    this.#clientTagNames = Object.keys(this.#clientTags);
    const wire = new WireWriter(256);
    for (const name of this.#clientTagNames) {
      writeTag(wire, name, this.#clientTags[name] as string);
    }
    this.#clientTagBytes = wire.bytes.slice(0, wire.position);
  }

  /**
   * Returns the bytes of a header, valid until the next call.
   *
   * @param cache The cache for these bytes.
   * @throws OptionTypeError for an id or a tag that is not a string.
   */
  encode(
    options: EnvelopeOptions,
    sourceType: string | undefined,
    deprecatedTags: readonly CheckedDeprecatedTag[] | undefined,
    cache: HeaderCache | undefined,
  ): Uint8Array {
    const { sourceId, instanceId, tags } = options;
    const sourceIdText = optionalText("sourceId", sourceId);
    const instanceIdText = optionalText("instanceId", instanceId);
    const names = tags === undefined ? none : namesOf(tags);
    const values = tags === undefined ? none : valuesOf(tags, names);
    this.#check?.({
      sourceId: sourceIdText,
      origin: sourceIdText === "" ? this.#originOf(names, values, deprecatedTags) : "",
      instanceId: instanceIdText,
      tagNames: deprecatedTags ? [...names, ...deprecatedTags.map(({ name }) => name)] : names,
    });
    // All values have been read, so no user code runs while the header is written.
    if (this.#wire.bytes.length > maxKeptCapacity) {
      this.#wire = new WireWriter(initialCapacity);
    }
    const wire = this.#wire;
    wire.position = 0;
    writeText(wire, sourceIdTag, sourceIdText);
    writeText(wire, instanceIdTag, instanceIdText);
    for (const tag of deprecatedTags ?? none) {
      writeDeprecatedTag(wire, tag);
    }
    this.#writeClientTags(names, sourceType !== undefined);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (sourceType === undefined || name !== "source_type") {
        writeTag(wire, name, values[i] as string);
      }
    }
    if (sourceType !== undefined) {
      writeTag(wire, "source_type", sourceType);
    }
    const bytes = wire.bytes.subarray(0, wire.position);
    cache?.keep(sourceId, instanceId, names, values, sourceType, bytes);
    return bytes;
  }

  /** Returns the source id that the agent sets in an envelope without a source id. */
  #originOf(
    names: readonly string[],
    values: readonly string[],
    deprecatedTags: readonly CheckedDeprecatedTag[] = none,
  ): string {
    const own = names.indexOf("origin");
    if (own >= 0) {
      return values[own] as string;
    }
    if (this.#clientTagNames.includes("origin")) {
      return this.#clientTags["origin"] as string;
    }
    const data = deprecatedTags.find(({ name }) => name === "origin")?.data;
    return data?.$case === "text" ? data.value : "";
  }

  #writeClientTags(own: readonly string[], ownSourceType: boolean): void {
    if (this.#clientTagNames.length === 0) {
      return;
    }
    const isOwn = (name: string) => own.includes(name) || (ownSourceType && name === "source_type");
    if (!this.#clientTagNames.some(isOwn)) {
      this.#wire.raw(this.#clientTagBytes);
      return;
    }
    for (const name of this.#clientTagNames) {
      if (!isOwn(name)) {
        writeTag(this.#wire, name, this.#clientTags[name] as string);
      }
    }
  }
}

function namesOf(tags: unknown): readonly string[] {
  checkTagsObject("tags", tags);
  return Object.keys(tags);
}

function valuesOf(tags: Readonly<Record<string, unknown>>, names: readonly string[]): string[] {
  return names.map((name) => {
    const value = tags[name];
    checkTag("tags", name, value);
    return value;
  });
}
