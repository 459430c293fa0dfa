import {
  type Counter,
  type Envelope,
  type Gauge,
  type Log,
  Log_Type,
  type Timer,
  type Value,
  valueText,
} from "@loggregator/api";
import {
  type ContainerMetric,
  containerMetric,
  Envelope_EventType,
  instanceIndex,
  LogMessage_MessageType,
  Method,
  PeerType,
  type Envelope as V1Envelope,
} from "@loggregator/api/v1";
import { setOwn } from "@loggregator/core";
import { checkTags } from "./checkTags.js";
import { errorFieldTags, fieldTags, httpFieldTags, logFieldTags } from "./fieldTags.js";
import { decimalText, parseInt64, parseLowInt32, toInt32 } from "./numbers.js";
import { parseUuid } from "./uuid.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const methods: ReadonlyMap<string, number> = numbersByName(Method);
const peerTypes: ReadonlyMap<string, number> = numbersByName(PeerType);

/**
 * Converts a v2 envelope to v1. Returns one envelope for a log, a counter, a timer or a gauge with
 * the metrics of a container; one for each metric of any other gauge; none for an event or an
 * envelope without a message.
 *
 * The mapping is that of go-loggregator. The argument is not changed; a log's payload is shared
 * with it.
 *
 * A timer whose tag `request_id` is not a UUID has no `requestId`. Receivers reject it, because v1
 * requires this field.
 *
 * @throws OptionTypeError if `envelope` or its `tags` are not an object.
 */
export function toV1(envelope: Envelope): V1Envelope[] {
  checkTags("envelope", envelope);
  const { message } = envelope;
  switch (message?.$case) {
    case "log":
      return [
        (envelope.tags["__v1_type"] ?? deprecatedTag(envelope, "__v1_type")) === "Error"
          ? error(envelope, message.value)
          : log(envelope, message.value),
      ];
    case "counter":
      return [counter(envelope, message.value)];
    case "gauge":
      return gauge(envelope, message.value);
    case "timer":
      return [timer(envelope, message.value)];
    default:
      return [];
  }
}

function log(envelope: Envelope, { payload, type }: Log): V1Envelope {
  const event = base(envelope, Envelope_EventType.LogMessage, logFieldTags);
  event.logMessage = {
    message: payload,
    messageType: type === Log_Type.OUT ? LogMessage_MessageType.OUT : LogMessage_MessageType.ERR,
    timestamp: envelope.timestamp,
    appId: envelope.sourceId,
    sourceType: envelope.tags["source_type"] ?? deprecatedTag(envelope, "source_type"),
    sourceInstance: envelope.instanceId,
  };
  return event;
}

/** Converts an error, which v2 represents as a log with the tag `__v1_type`. */
function error(envelope: Envelope, { payload }: Log): V1Envelope {
  const event = base(envelope, Envelope_EventType.Error, errorFieldTags);
  event.error = {
    source: tag(envelope, "source"),
    code: parseLowInt32(tag(envelope, "code")),
    message: utf8.decode(payload),
  };
  return event;
}

function counter(envelope: Envelope, { name, delta, total }: Counter): V1Envelope {
  const event = base(envelope, Envelope_EventType.CounterEvent, fieldTags);
  keepInstanceId(event, envelope);
  event.counterEvent = { name, delta, total };
  return event;
}

function gauge(envelope: Envelope, { metrics }: Gauge): V1Envelope[] {
  const container = asContainerMetric(envelope, metrics);
  if (container !== undefined) {
    const event = base(envelope, Envelope_EventType.ContainerMetric, fieldTags);
    event.containerMetric = container;
    return [event];
  }
  return Object.keys(metrics).map((name) => {
    const { value, unit } = metrics[name] as Gauge["metrics"][string];
    const event = base(envelope, Envelope_EventType.ValueMetric, fieldTags);
    keepInstanceId(event, envelope);
    event.valueMetric = { name, value, unit };
    return event;
  });
}

/**
 * Returns a container metric if the gauge has the five metrics, each with a value or a unit. Other
 * metrics in it are lost.
 */
function asContainerMetric(
  { sourceId, instanceId }: Envelope,
  metrics: Gauge["metrics"],
): ContainerMetric | undefined {
  const { cpu, memory, disk, memory_quota, disk_quota, instance_index } = metrics;
  if (
    !hasValue(cpu) ||
    !hasValue(memory) ||
    !hasValue(disk) ||
    !hasValue(memory_quota) ||
    !hasValue(disk_quota)
  ) {
    return undefined;
  }
  const index =
    instance_index === undefined ? (instanceIndex(instanceId) ?? 0) : toInt32(instance_index.value);
  return containerMetric(sourceId, index, {
    cpu: cpu.value,
    memory: memory.value,
    disk: disk.value,
    memoryQuota: memory_quota.value,
    diskQuota: disk_quota.value,
  });
}

function hasValue(
  metric: Gauge["metrics"][string] | undefined,
): metric is Gauge["metrics"][string] {
  return metric !== undefined && (metric.unit !== "" || metric.value !== 0);
}

function timer(envelope: Envelope, { start, stop }: Timer): V1Envelope {
  const event = base(envelope, Envelope_EventType.HttpStartStop, httpFieldTags);
  event.httpStartStop = {
    startTimestamp: start,
    stopTimestamp: stop,
    requestId: parseUuid(tag(envelope, "request_id")),
    peerType: (peerTypes.get(tag(envelope, "peer_type")) ?? 0) as PeerType,
    method: (methods.get(tag(envelope, "method")) ?? 0) as Method,
    uri: tag(envelope, "uri"),
    remoteAddress: tag(envelope, "remote_address"),
    userAgent: tag(envelope, "user_agent"),
    statusCode: parseLowInt32(tag(envelope, "status_code")),
    contentLength: parseInt64(tag(envelope, "content_length")),
    applicationId: parseUuid(envelope.sourceId),
    instanceIndex: instanceIndex(envelope.instanceId) ?? 0,
    instanceId: tag(envelope, "routing_instance_id"),
    forwarded: tag(envelope, "forwarded").split("\n"),
  };
  return event;
}

/** Returns the fields that every v1 envelope has, and the tags that are not in `fields`. */
function base(
  envelope: Envelope,
  eventType: Envelope_EventType,
  fields: ReadonlySet<string>,
): V1Envelope {
  const { tags } = envelope;
  // Literal names have their own inline caches, unlike a parameter of `tag`.
  return {
    origin: tags["origin"] ?? deprecatedTag(envelope, "origin"),
    eventType,
    timestamp: envelope.timestamp,
    deployment: tags["deployment"] ?? deprecatedTag(envelope, "deployment"),
    job: tags["job"] ?? deprecatedTag(envelope, "job"),
    index: tags["index"] ?? deprecatedTag(envelope, "index"),
    ip: tags["ip"] ?? deprecatedTag(envelope, "ip"),
    tags: otherTags(envelope, fields),
  };
}

function otherTags(
  { tags, deprecatedTags, sourceId }: Envelope,
  fields: ReadonlySet<string>,
): Record<string, string> {
  const others: Record<string, string> = {};
  for (const key in tags) {
    if (!fields.has(key)) {
      setOwn(others, key, tags[key] as string);
    }
  }
  // If a tag is in both, the field has the preferred value, and the deprecated one remains a tag.
  for (const key in deprecatedTags) {
    if (fields.has(key)) {
      continue;
    }
    const text = valueText(deprecatedTags[key] as Value, decimalText);
    if (text !== undefined) {
      setOwn(others, key, text);
    }
  }
  if (sourceId !== "") {
    others["source_id"] = sourceId;
  }
  return others;
}

/** Adds the instance id as a tag, to counters and values: other events have a field for it. */
function keepInstanceId(event: V1Envelope, { instanceId }: Envelope): void {
  if (instanceId !== "") {
    event.tags["instance_id"] = instanceId;
  }
}

/** Returns a tag as text, preferred or deprecated; "" if there is none. */
function tag(envelope: Envelope, key: string): string {
  return envelope.tags[key] ?? deprecatedTag(envelope, key);
}

function deprecatedTag({ deprecatedTags }: Envelope, key: string): string {
  const value = deprecatedTags[key];
  return (value === undefined ? undefined : valueText(value, decimalText)) ?? "";
}

function numbersByName(type: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(type).filter(([, number]) => number >= 0));
}
