import { setOwn } from "@loggregator/core";
import type { KeyValue } from "../../messages.js";
import { resourceAttributes, unknownService } from "../resourceAttributes.js";
import { attributeText } from "./attributeText.js";

const receiverPrefix = "org.cloudfoundry.";

/** Tags of attributes that have another name in the mappings of `toOtlp`. */
const tagNames: ReadonlyMap<string, string> = new Map(resourceAttributes);

/** Attributes with the source id, and with the instance id, in order of precedence. */
const sourceIds = ["source_id", "cloudfoundry.source.id", "cloudfoundry.app.id", "service.name"];
const instanceIds = ["instance_id", "service.instance.id", "cloudfoundry.app.instance.id"];

/** Attributes that are or may be fields of an envelope. The others become tags. */
const fields: ReadonlySet<string> = new Set([
  ...["source_id", "cloudfoundry.source.id", "service.name", ...instanceIds],
  ...["cloudfoundry.system.id", "cloudfoundry.system.instance.id"],
]);

/** The fields of an envelope that come from attributes. */
export interface Identity {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Record<string, string>;
}

/**
 * Returns source id, instance id and tags for attributes of a resource and of a record. The
 * attributes of the record take precedence. Names as written by the modes of `toOtlp` become those
 * of Cloud Foundry again. An attribute is omitted only if the source id, the instance id or another
 * tag has its value.
 */
export function tagsOfAttributes(...lists: readonly (readonly KeyValue[])[]): Identity {
  const texts = new Map<string, string>();
  let serviceInstance: string | undefined;
  for (const { key, value } of lists.flat()) {
    const name = key.startsWith(receiverPrefix) ? key.slice(receiverPrefix.length) : key;
    const text = attributeText(value);
    texts.set(name, text);
    if (name === "service.instance.id") {
      // The resource's value, which comes first, is the instance id. A record's may be a tag of
      // this name.
      serviceInstance ??= text;
    }
  }
  const first = (names: readonly string[]) =>
    names.map((name) => texts.get(name)).find((text) => text !== undefined);
  const sourceId = first(sourceIds) ?? "";
  const instanceId = texts.get("instance_id") ?? serviceInstance ?? first(instanceIds) ?? "";
  const tags: Record<string, string> = {};
  for (const [name, text] of texts) {
    if (!fields.has(name)) {
      setOwn(tags, tagNames.get(name) ?? name, text);
    }
  }
  addOther(texts, tags, ["source_id", "cloudfoundry.source.id"], sourceId);
  addOther(texts, tags, instanceIds, instanceId);
  addServiceName(texts, tags, sourceId);
  addSystem(texts, tags, { sourceId, instanceId });
  return { sourceId, instanceId, tags };
}

/** Adds, as tags, attributes that can be the source of the field but have another value. */
function addOther(
  texts: ReadonlyMap<string, string>,
  tags: Record<string, string>,
  names: readonly string[],
  field: string,
): void {
  for (const name of names) {
    const text = texts.get(name);
    if (text !== undefined && text !== field) {
      tags[name] = text;
    }
  }
}

/** A service's name that is not the source id is the name of the app, if it has no other. */
function addServiceName(
  texts: ReadonlyMap<string, string>,
  tags: Record<string, string>,
  sourceId: string,
): void {
  const name = texts.get("service.name");
  if (name === undefined || name === sourceId || name === unknownService) {
    return;
  }
  const isApp = texts.has("cloudfoundry.app.id") && tags["app_name"] === undefined;
  if (tags["app_name"] !== name) {
    tags[isApp ? "app_name" : "service.name"] = name;
  }
}

/** A component's system is `deployment/job`, and its instance an index. */
function addSystem(
  texts: ReadonlyMap<string, string>,
  tags: Record<string, string>,
  { sourceId, instanceId }: Pick<Identity, "sourceId" | "instanceId">,
): void {
  const id = texts.get("cloudfoundry.system.id");
  const [, deployment, job] = (id !== sourceId && /^([^/]*)\/(.*)$/s.exec(id ?? "")) || [];
  const isComponent = deployment !== undefined && job !== undefined;
  const { deployment: ownDeployment = deployment, job: ownJob = job } = tags;
  if (isComponent && ownDeployment === deployment && ownJob === job) {
    Object.assign(tags, { deployment, job });
  } else if (id !== undefined && id !== sourceId) {
    tags["cloudfoundry.system.id"] = id;
  }
  const index = texts.get("cloudfoundry.system.instance.id");
  if (index !== undefined && (isComponent || index !== instanceId)) {
    const isOther = tags["index"] !== undefined && tags["index"] !== index;
    tags[isOther ? "cloudfoundry.system.instance.id" : "index"] = index;
  }
}
