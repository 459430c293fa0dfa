import { setOwn } from "@loggregator/core";
import type { WireReader } from "./wireReader.js";

/**
 * Reads a length-prefixed entry of a map of strings into `tags`. An entry replaces earlier ones
 * with the same key.
 */
export function readTag(reader: WireReader, tags: Record<string, string>): void {
  const outerEnd = reader.enter();
  let key = "";
  let value = "";
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      key = reader.text();
    } else if (tag === 0x12) {
      value = reader.text();
    } else {
      reader.skip(tag);
    }
  }
  reader.end = outerEnd;
  setOwn(tags, key, value);
}
