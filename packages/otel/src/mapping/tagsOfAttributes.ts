import { setOwn } from "@loggregator/core";
import type { KeyValue } from "../messages.js";
import { attributeText } from "./attributeText.js";
import { resourceAttributes } from "./resourceAttributes.js";

const receiverPrefix = "org.cloudfoundry.";

/** Tags of attributes that have another name in the mappings of `toOtlp`. */
const tagNames: ReadonlyMap<string, string> = new Map(resourceAttributes);

/** Attributes with the source id, in order of precedence. */
const sourceIds = ["source_id", "cloudfoundry.source.id", "cloudfoundry.app.id", "service.name"];
const instanceIds = [
  ...["instance_id", "service.instance.id"],
  ...["cloudfoundry.app.instance.id", "cloudfoundry.system.instance.id"],
];

/** Attributes that are fields of an envelope, or derived from them. */
const fields: ReadonlySet<string> = new Set([
  ...["source_id", "cloudfoundry.source.id", "service.name", "cloudfoundry.system.id"],
  ...instanceIds,
]);

/** The fields of an envelope that come from attributes. */
export interface Identity {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Record<string, string>;
}

/**
 * Returns source id, instance id and tags for attributes of a resource and of a record. The attributes
 * of the record win. Names as written by the modes of `toOtlp` become those of Cloud Foundry again.
 */
export function tagsOfAttributes(...lists: readonly (readonly KeyValue[])[]): Identity {
  const texts = new Map<string, string>();
  for (const { key, value } of lists.flat()) {
    const name = key.startsWith(receiverPrefix) ? key.slice(receiverPrefix.length) : key;
    texts.set(name, attributeText(value));
  }
  const first = (names: readonly string[]) =>
    names.map((name) => texts.get(name)).find((text) => text !== undefined) ?? "";
  const tags: Record<string, string> = {};
  for (const [name, text] of texts) {
    if (!fields.has(name)) {
      setOwn(tags, tagNames.get(name) ?? name, text);
    }
  }
  return { sourceId: first(sourceIds), instanceId: first(instanceIds), tags };
}
