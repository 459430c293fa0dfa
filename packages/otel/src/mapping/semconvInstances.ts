import type { Envelope } from "@loggregator/api";
import type { KeyValue } from "../messages.js";
import { resourceKey } from "./otlpRequests.js";
import { resourceAttributes } from "./resourceAttributes.js";
import { shareAttributes } from "./sharedAttributes.js";
import { textAttribute } from "./values.js";

/** The maximum number of instances; beyond it, all are discarded. */
const maxInstances = 4_096;
/** The maximum length in characters of the names and values of tags that are kept. */
const maxTagsLength = 2_048;

/** The tags on which a resource depends. */
const resourceTags: readonly string[] = [
  ...resourceAttributes.map(([, tag]) => tag),
  ...["deployment", "job", "index"],
];

/** Tags that are resource attributes, or ids of a record, and are not repeated as attributes. */
const omittedTags: ReadonlySet<string> = new Set([
  ...resourceTags,
  ...["instance_id", "source_id"],
  ...["__v1_type", "span_id", "trace_id"],
]);

/** What envelopes of an instance with the same tags have in common. */
export interface Instance {
  /** The attributes of its resource, and the key that identifies them. */
  readonly resource: KeyValue[];
  readonly key: string;
  readonly tags: Envelope["tags"];
  /** The attributes of its logs, by stream; only of tags that have come before. */
  readonly logs: { stdout?: KeyValue[]; stderr?: KeyValue[] } | undefined;
}

/**
 * Finds the instances of envelopes: most envelopes have the tags of the previous one of their instance.
 */
export class Instances {
  readonly #isSharing: boolean;
  readonly #sources = new Map<string, Map<string, Instance>>();
  #count = 0;

  /** @param isSharing Whether log records may share attributes, and keep those of earlier calls. */
  constructor(isSharing: boolean) {
    this.#isSharing = isSharing;
  }

  of(envelope: Envelope): Instance {
    const { sourceId, instanceId, tags } = envelope;
    const last = this.#sources.get(sourceId)?.get(instanceId);
    if (last !== undefined && hasSameTags(tags, last.tags)) {
      if (last.logs !== undefined || !this.#isSharing) {
        return last;
      }
      return this.#keep(envelope, { ...last, logs: {} });
    }
    if (last !== undefined && hasSameResource(tags, last.tags)) {
      return this.#keep(envelope, { ...last, tags, logs: undefined });
    }
    const resource = resourceOf(envelope);
    return this.#keep(envelope, { resource, key: resourceKey(resource), tags, logs: undefined });
  }

  #keep({ sourceId, instanceId, tags }: Envelope, instance: Instance): Instance {
    if (lengthOf(tags) + sourceId.length + instanceId.length > maxTagsLength) {
      return instance;
    }
    if (this.#count >= maxInstances) {
      this.#sources.clear();
      this.#count = 0;
    }
    let instances = this.#sources.get(sourceId);
    if (instances === undefined) {
      instances = new Map();
      this.#sources.set(sourceId, instances);
    }
    if (!instances.has(instanceId)) {
      this.#count++;
    }
    instances.set(instanceId, instance);
    return instance;
  }
}

/** The source id and all tags that the resource does not have. */
export function attributesOf({ sourceId, tags }: Envelope): KeyValue[] {
  const attributes = [textAttribute("cloudfoundry.source.id", sourceId)];
  for (const [name, value] of Object.entries(tags)) {
    if (!omittedTags.has(name)) {
      attributes.push(textAttribute(name, value));
    }
  }
  // An app's VM is not part of its resource, which is the same on every VM.
  const { app_id, deployment, job, index } = tags;
  if (app_id !== undefined && app_id !== "") {
    for (const [name, value] of Object.entries({ deployment, job, index })) {
      if (value !== undefined) {
        attributes.push(textAttribute(name, value));
      }
    }
  }
  return attributes;
}

/** The attributes of a log. */
export function logAttributesOf(
  envelope: Envelope,
  { logs }: Instance,
  stream: "stdout" | "stderr",
): KeyValue[] {
  const known = logs?.[stream];
  if (known !== undefined) {
    return known;
  }
  const attributes = attributesOf(envelope);
  attributes.push(textAttribute("log.iostream", stream));
  if (logs !== undefined) {
    logs[stream] = shareAttributes(attributes);
  }
  return attributes;
}

function hasSameTags(tags: Envelope["tags"], others: Envelope["tags"]): boolean {
  let difference = 0;
  for (const name in tags) {
    if (tags[name] !== others[name]) {
      return false;
    }
    difference++;
  }
  for (const _ in others) {
    difference--;
  }
  return difference === 0;
}

/** Whether all tags are equal on which the resource of an instance depends. */
function hasSameResource(tags: Envelope["tags"], others: Envelope["tags"]): boolean {
  return resourceTags.every((tag) => tags[tag] === others[tag]);
}

function lengthOf(tags: Envelope["tags"]): number {
  let length = 0;
  for (const name in tags) {
    length += name.length + (tags[name]?.length ?? 0);
  }
  return length;
}

function resourceOf({ sourceId, instanceId, tags }: Envelope): KeyValue[] {
  const { app_id, app_name, deployment, job, index } = tags;
  const attributes: KeyValue[] = [];
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== "") {
      attributes.push(textAttribute(key, value));
    }
  };
  add("service.name", app_name || sourceId || "unknown_service");
  add("service.instance.id", instanceId);
  for (const [key, tag] of resourceAttributes) {
    add(key, tags[tag]);
  }
  if (app_id !== undefined && app_id !== "") {
    add("cloudfoundry.app.instance.id", instanceId);
  } else {
    const isComponent = deployment !== undefined && job !== undefined;
    add("cloudfoundry.system.id", isComponent ? `${deployment}/${job}` : sourceId);
    add("cloudfoundry.system.instance.id", index || instanceId);
  }
  return attributes;
}
