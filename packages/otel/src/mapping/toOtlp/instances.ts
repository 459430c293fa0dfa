import type { Envelope } from "@loggregator/api";
import type { KeyValue } from "../../messages.js";
import { resourceKey } from "../otlpRequests.js";
import { textAttribute } from "../otlpValues.js";
import { resourceAttributes, unknownService } from "../resourceAttributes.js";
import { shareAttributes } from "../sharedAttributes.js";

/** The maximum number of sets of tags that are kept; beyond it, all are discarded. */
const maxInstances = 4_096;
/** The maximum number of them per instance: its logs, metrics and requests differ in tags. */
const maxTagSets = 4;
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

/** The data that envelopes of an instance with the same tags share. */
export interface Instance {
  /** The attributes of its resource, and the key that identifies them. */
  readonly resource: KeyValue[];
  readonly key: string;
  readonly tags: Envelope["tags"];
  /** The attributes that records share, if these tags have been seen before. */
  shared: Partial<Record<AttributeSet, KeyValue[]>> | undefined;
}

/** The attributes of logs by stream, and those of metrics. */
type AttributeSet = "stdout" | "stderr" | "metric";

/** Caches the instances of envelopes, as most envelopes have the same tags as an earlier one. */
export class Instances {
  readonly #isSharing: boolean;
  /** By source id and instance id: those with the last sets of tags. */
  readonly #sources = new Map<string, Map<string, Instance[]>>();
  #count = 0;

  /** @param isSharing Whether records may share attributes, also with those of earlier calls. */
  constructor(isSharing: boolean) {
    this.#isSharing = isSharing;
  }

  of(envelope: Envelope): Instance {
    const { sourceId, instanceId, tags } = envelope;
    const kept = this.#sources.get(sourceId)?.get(instanceId) ?? [];
    const same = kept.find((each) => hasSameTags(tags, each.tags));
    if (same !== undefined) {
      if (this.#isSharing) {
        same.shared ??= {};
      }
      return same;
    }
    const related = kept.find((each) => hasSameResource(tags, each.tags));
    const resource = related?.resource ?? resourceOf(envelope);
    const key = related?.key ?? resourceKey(resource);
    // The tags of a timer describe a single request, so only its resource is shared.
    if (related !== undefined && envelope.message?.$case === "timer") {
      return { resource, key, tags, shared: undefined };
    }
    // A copy, as the caller may change the tags of the envelope afterwards.
    const instance: Instance = { resource, key, tags: { ...tags }, shared: undefined };
    this.#keep(envelope, kept, instance);
    return instance;
  }

  #keep({ sourceId, instanceId, tags }: Envelope, kept: Instance[], instance: Instance): void {
    if (lengthOf(tags) + sourceId.length + instanceId.length > maxTagsLength) {
      return;
    }
    if (kept.length === maxTagSets) {
      kept.shift();
      kept.push(instance);
      return;
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
    this.#count++;
    instances.set(instanceId, [...kept, instance]);
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
  for (const name of vmTagsOf(tags)) {
    const value = tags[name];
    if (value !== undefined) {
      attributes.push(textAttribute(name, value));
    }
  }
  return attributes;
}

const appVmTags = ["deployment", "job", "index"];
const systemTags = ["deployment", "job"];
const noTags: readonly string[] = [];

/** The tags of a VM that are not part of the resource. */
function vmTagsOf(tags: Envelope["tags"]): readonly string[] {
  // The resource of an app is the same on every VM.
  if (isApp(tags)) {
    return appVmTags;
  }
  // A system is identified by both tags; one alone becomes an attribute.
  return isComponent(tags) ? noTags : systemTags;
}

function isApp({ app_id }: Envelope["tags"]): boolean {
  return app_id !== undefined && app_id !== "";
}

function isComponent({ deployment, job }: Envelope["tags"]): boolean {
  return deployment !== undefined && job !== undefined;
}

/** The attributes of a log or metric. */
export function recordAttributesOf(
  envelope: Envelope,
  { shared }: Instance,
  set: AttributeSet,
): KeyValue[] {
  const known = shared?.[set];
  if (known !== undefined) {
    return known;
  }
  const attributes = attributesOf(envelope);
  if (set !== "metric") {
    attributes.push(textAttribute("log.iostream", set));
  }
  if (shared !== undefined) {
    shared[set] = shareAttributes(attributes);
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

/** Returns whether all tags that determine the resource of an instance are equal. */
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
  const { app_name, deployment, job, index } = tags;
  const attributes: KeyValue[] = [];
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== "") {
      attributes.push(textAttribute(key, value));
    }
  };
  add("service.name", app_name || sourceId || unknownService);
  add("service.instance.id", instanceId);
  for (const [key, tag] of resourceAttributes) {
    add(key, tags[tag]);
  }
  if (isApp(tags)) {
    add("cloudfoundry.app.instance.id", instanceId);
  } else {
    add("cloudfoundry.system.id", isComponent(tags) ? `${deployment}/${job}` : sourceId);
    add("cloudfoundry.system.instance.id", index || instanceId);
  }
  return attributes;
}
