import { type Envelope, Log_Type, newEnvelope, type Value } from "@loggregator/api";
import {
  type ContainerMetric,
  Envelope_EventType,
  type HttpStartStop,
  LogMessage_MessageType,
  Method,
  PeerType,
  type Envelope as V1Envelope,
} from "@loggregator/api/v1";
import {
  checkOptionNames,
  type OptionNames,
  objectArgument,
  optionalBoolean,
  setOwn,
} from "@loggregator/core";
import { checkTags } from "./checkTags.js";
import { errorFieldTags, fieldTags, httpFieldTags, logFieldTags } from "./fieldTags.js";
import { formatUuid } from "./uuid.js";

/** Options of `toV2`. */
export interface ToV2Options {
  /**
   * If true, tags become `tags`; if false, they become `deprecatedTags`, with text values.
   *
   * @default true
   */
  readonly usePreferredTags?: boolean | undefined;
}

type Tags = Record<string, string>;

const optionNames: OptionNames<ToV2Options> = { usePreferredTags: true };

/** Tags of a counter that are fields in v2: also the instance, for which v1 has no field. */
const counterFieldTags: ReadonlySet<string> = new Set([...fieldTags, "instance_id"]);

const methods = namesByNumber(Method);
const peerTypes = namesByNumber(PeerType);

const utf8 = new TextEncoder();
const noBytes = new Uint8Array();

/**
 * Converts a v1 envelope to v2. Fields that do not exist in v2 become tags; the tag `__v1_type`
 * names the type of the event.
 *
 * The mapping is that of go-loggregator. A missing field counts as its default. The argument is not
 * changed; a log's payload is shared with it.
 *
 * @throws OptionTypeError for invalid options, or if `event` or its `tags` are not an object.
 */
export function toV2(event: V1Envelope, options: ToV2Options = {}): Envelope {
  checkTags("event", event);
  objectArgument("options", options);
  // A call of checkOptionNames would take as long as the conversion.
  for (const name in options) {
    if (name !== "usePreferredTags") {
      checkOptionNames("options", options, optionNames);
    }
  }
  const envelope = convert(event);
  if (!optionalBoolean("usePreferredTags", options.usePreferredTags, true)) {
    envelope.deprecatedTags = asValues(envelope.tags);
    envelope.tags = {};
  }
  return envelope;
}

function convert(event: V1Envelope): Envelope {
  switch (event.eventType ?? Envelope_EventType.HttpStartStop) {
    case Envelope_EventType.LogMessage:
      return log(event);
    case Envelope_EventType.CounterEvent:
      return counter(event);
    case Envelope_EventType.ValueMetric:
      return value(event);
    case Envelope_EventType.ContainerMetric:
      return container(event, event.containerMetric ?? {});
    case Envelope_EventType.HttpStartStop:
      return http(event, event.httpStartStop ?? { requestId: undefined, forwarded: [] });
    case Envelope_EventType.Error:
      return error(event);
    default:
      return base(event, otherTags(event, String(event.eventType), fieldTags), undefined);
  }
}

function log(event: V1Envelope): Envelope {
  const { message, messageType, appId, sourceType, sourceInstance } = event.logMessage ?? {};
  const tags = otherTags(event, "LogMessage", logFieldTags);
  tags["source_type"] = sourceType ?? "";
  const type = messageType === LogMessage_MessageType.ERR ? Log_Type.ERR : Log_Type.OUT;
  const envelope = base(event, tags, {
    $case: "log",
    value: { payload: message ?? noBytes, type },
  });
  envelope.instanceId = sourceInstance ?? "";
  if (appId) {
    envelope.sourceId = appId;
  }
  return envelope;
}

/** Converts an error, which v2 represents as a log with the tag `__v1_type`. */
function error(event: V1Envelope): Envelope {
  const { source, code, message } = event.error ?? {};
  const tags = otherTags(event, "Error", errorFieldTags);
  tags["source"] = source ?? "";
  tags["code"] = String(code ?? 0);
  const payload = utf8.encode(message);
  return base(event, tags, { $case: "log", value: { payload, type: Log_Type.OUT } });
}

function counter(event: V1Envelope): Envelope {
  const { name = "", delta = 0n, total = 0n } = event.counterEvent ?? {};
  const tags = otherTags(event, "CounterEvent", counterFieldTags);
  const envelope = base(event, tags, { $case: "counter", value: { name, delta, total } });
  envelope.instanceId = event.tags["instance_id"] ?? "";
  return envelope;
}

function value(event: V1Envelope): Envelope {
  const { name = "", value = 0, unit = "" } = event.valueMetric ?? {};
  const metrics = {};
  setOwn(metrics, name, { unit, value });
  const tags = otherTags(event, "ValueMetric", fieldTags);
  const envelope = base(event, tags, { $case: "gauge", value: { metrics } });
  // Unlike for a counter, the tag is kept, as in the reference.
  envelope.instanceId = event.tags["instance_id"] ?? "";
  return envelope;
}

function container(event: V1Envelope, metric: ContainerMetric): Envelope {
  const metrics = {
    cpu: { unit: "percentage", value: metric.cpuPercentage ?? 0 },
    memory: bytes(metric.memoryBytes),
    disk: bytes(metric.diskBytes),
    memory_quota: bytes(metric.memoryBytesQuota),
    disk_quota: bytes(metric.diskBytesQuota),
  };
  const tags = otherTags(event, "ContainerMetric", fieldTags);
  const envelope = base(event, tags, { $case: "gauge", value: { metrics } });
  envelope.instanceId = String(metric.instanceIndex ?? 0);
  if (metric.applicationId) {
    envelope.sourceId = metric.applicationId;
  }
  return envelope;
}

function bytes(value: bigint | undefined): { unit: string; value: number } {
  return { unit: "bytes", value: Number(value ?? 0n) };
}

function http(event: V1Envelope, request: HttpStartStop): Envelope {
  const { startTimestamp = 0n, stopTimestamp = 0n, applicationId } = request;
  const tags = otherTags(event, "HttpStartStop", httpFieldTags);
  tags["request_id"] = formatUuid(request.requestId);
  tags["peer_type"] = name(peerTypes, request.peerType ?? PeerType.Client);
  tags["method"] = name(methods, request.method ?? Method.GET);
  tags["uri"] = request.uri ?? "";
  tags["remote_address"] = request.remoteAddress ?? "";
  tags["user_agent"] = request.userAgent ?? "";
  tags["status_code"] = String(request.statusCode ?? 0);
  tags["content_length"] = String(request.contentLength ?? 0n);
  tags["routing_instance_id"] = request.instanceId ?? "";
  tags["forwarded"] = request.forwarded.join("\n");
  const envelope = base(event, tags, {
    $case: "timer",
    value: { name: "http", start: startTimestamp, stop: stopTimestamp },
  });
  envelope.instanceId = String(request.instanceIndex ?? 0);
  // A UUID of zeros stands for no UUID.
  if (applicationId?.low || applicationId?.high) {
    envelope.sourceId = formatUuid(applicationId);
  }
  return envelope;
}

/** Returns the fields that every event has. Those of its type are added later. */
function base(event: V1Envelope, tags: Tags, message: Envelope["message"]): Envelope {
  const { timestamp = 0n, deployment = "", job = "" } = event;
  const sourceId = event.tags["source_id"] ?? `${deployment}/${job}`;
  return newEnvelope(timestamp, sourceId, "", {}, tags, message);
}

/**
 * Returns the fields of every event as tags, and the event's own tags without those in `fields`.
 */
function otherTags(event: V1Envelope, type: string, fields: ReadonlySet<string>): Tags {
  const tags: Tags = {
    origin: event.origin ?? "",
    deployment: event.deployment ?? "",
    job: event.job ?? "",
    index: event.index ?? "",
    ip: event.ip ?? "",
    __v1_type: type,
  };
  for (const key in event.tags) {
    if (key !== "source_id" && !fields.has(key)) {
      setOwn(tags, key, event.tags[key] as string);
    }
  }
  return tags;
}

function asValues(tags: Tags): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const key in tags) {
    setOwn(values, key, { data: { $case: "text", value: tags[key] as string } });
  }
  return values;
}

/** Returns the name of an enum's number; the number itself if it has none. */
function name(names: ReadonlyMap<number, string>, number: number): string {
  return names.get(number) ?? String(number);
}

function namesByNumber(type: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  const entries = Object.entries(type).filter(([, number]) => number >= 0);
  return new Map(entries.map(([name, number]) => [number, name]));
}
