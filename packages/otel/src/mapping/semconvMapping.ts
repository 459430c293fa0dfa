import { type Envelope, Log_Type } from "@loggregator/api";
import {
  type KeyValue,
  type LogRecord,
  type Metric,
  SeverityNumber,
  type Span,
} from "../messages.js";
import { type ResourceData, ResourceGroups } from "./otlpRequests.js";
import { resourceAttributes } from "./resourceAttributes.js";
import { urlPath } from "./urlPath.js";
import {
  bytesOfHex,
  cumulativeSum,
  decodeText,
  logRecord,
  metric,
  noBytes,
  span,
  spanKind,
  textAttribute,
  textValue,
  unixNano,
} from "./values.js";

/** The scope of everything in this mapping. */
export const semconvScope = { name: "@loggregator/otel" };

/** The tags on which a resource depends. */
const resourceTags: readonly string[] = [
  ...resourceAttributes.map(([, tag]) => tag),
  ...["deployment", "job", "index"],
];

/** Tags that are resource attributes, or ids of a record, and are not repeated as attributes. */
const omittedTags: ReadonlySet<string> = new Set([
  ...resourceAttributes.map(([, tag]) => tag),
  ...["deployment", "job", "index", "instance_id", "source_id"],
  ...["__v1_type", "span_id", "trace_id"],
]);

/** OpenTelemetry's sizes of ids, in bytes: others are not written to records and spans. */
const traceIdLength = 16;
const spanIdLength = 8;

/**
 * Maps completed envelopes with OpenTelemetry's semantic conventions: one resource per source and
 * instance, with the attributes `service.name` and `cloudfoundry.*`.
 */
export function semconvMapping(
  envelopes: readonly Envelope[],
  observedTime: bigint,
): ResourceData[] {
  const resources = new Resources();
  for (const envelope of envelopes) {
    const data = resources.of(envelope);
    data.logRecords.push(...logRecordsOf(envelope, observedTime));
    data.metrics.push(...metricsOf(envelope));
    data.spans.push(...spansOf(envelope));
  }
  return resources.all();
}

/** Finds the resources of envelopes. Most envelopes of an instance have the same one as the last. */
class Resources {
  readonly #groups = new ResourceGroups();
  /** The tags and the resource of the last envelope, by source id and instance id. */
  readonly #last = new Map<string, Map<string, readonly [Envelope["tags"], ResourceData]>>();

  of(envelope: Envelope): ResourceData {
    const { sourceId, instanceId, tags } = envelope;
    let instances = this.#last.get(sourceId);
    const [lastTags, last] = instances?.get(instanceId) ?? [];
    if (lastTags !== undefined && last !== undefined && hasSameResource(tags, lastTags)) {
      return last;
    }
    const data = this.#groups.of(resourceOf(envelope));
    if (instances === undefined) {
      instances = new Map();
      this.#last.set(sourceId, instances);
    }
    instances.set(instanceId, [tags, data]);
    return data;
  }

  all(): ResourceData[] {
    return this.#groups.all();
  }
}

/** Whether all tags are equal on which the resource of an instance depends. */
function hasSameResource(tags: Envelope["tags"], others: Envelope["tags"]): boolean {
  for (const tag of resourceTags) {
    if (tags[tag] !== others[tag]) {
      return false;
    }
  }
  return true;
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

/** The source id and all tags that the resource does not have. */
function attributesOf({ sourceId, tags }: Envelope): KeyValue[] {
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

const noIds = { traceId: noBytes, spanId: noBytes };

function idsOf({ tags }: Envelope): Pick<LogRecord, "traceId" | "spanId"> {
  if (tags["trace_id"] === undefined && tags["span_id"] === undefined) {
    return noIds;
  }
  const traceId = bytesOfHex(tags["trace_id"]);
  const spanId = bytesOfHex(tags["span_id"]);
  return {
    traceId: traceId?.length === traceIdLength ? traceId : noBytes,
    spanId: spanId?.length === spanIdLength ? spanId : noBytes,
  };
}

function logRecordsOf(envelope: Envelope, observedTimeUnixNano: bigint): LogRecord[] {
  const { message, timestamp } = envelope;
  if (message?.$case !== "log" && message?.$case !== "event") {
    return [];
  }
  const record = logRecord({
    timeUnixNano: unixNano(timestamp),
    observedTimeUnixNano,
    severityNumber: SeverityNumber.SEVERITY_NUMBER_INFO,
    severityText: "INFO",
    attributes: attributesOf(envelope),
    ...idsOf(envelope),
  });
  if (message.$case === "event") {
    const { title, body } = message.value;
    record.body = textValue(body);
    record.attributes.push(textAttribute("title", title));
    record.eventName = "cloudfoundry.event";
    return [record];
  }
  const { payload, type } = message.value;
  record.body = textValue(decodeText(payload));
  if (type === Log_Type.ERR) {
    record.severityNumber = SeverityNumber.SEVERITY_NUMBER_ERROR;
    record.severityText = "ERROR";
  }
  const stream = type === Log_Type.ERR ? "stderr" : "stdout";
  record.attributes.push(textAttribute("log.iostream", stream));
  return [record];
}

function metricsOf(envelope: Envelope): Metric[] {
  const { message, timestamp } = envelope;
  const timeUnixNano = unixNano(timestamp);
  if (message?.$case === "counter") {
    const { name, total } = message.value;
    // OTLP's integers are signed. A larger total is written as a double.
    const value =
      total < 2n ** 63n
        ? { $case: "asInt" as const, value: total }
        : { $case: "asDouble" as const, value: Number(total) };
    return [
      cumulativeSum(name, "{count}", { attributes: attributesOf(envelope), timeUnixNano, value }),
    ];
  }
  if (message?.$case === "gauge") {
    return Object.entries(message.value.metrics).map(([name, { unit, value }]) =>
      metric(name, unit, "gauge", {
        attributes: attributesOf(envelope),
        timeUnixNano,
        value: { $case: "asDouble", value },
      }),
    );
  }
  return [];
}

/** Timers whose ids have OpenTelemetry's sizes become spans. */
function spansOf(envelope: Envelope): Span[] {
  const { message, tags } = envelope;
  if (message?.$case !== "timer") {
    return [];
  }
  const { traceId, spanId } = idsOf(envelope);
  if (traceId.length === 0 || spanId.length === 0) {
    return [];
  }
  const { name, start, stop } = message.value;
  const { uri, method, peer_type, status_code } = tags;
  const path = uri === undefined ? undefined : urlPath(uri);
  const attributes = attributesOf(envelope);
  const code = Number(status_code);
  if (method !== undefined) {
    attributes.push(textAttribute("http.request.method", method.toUpperCase()));
  }
  if (path !== undefined) {
    attributes.push(textAttribute("url.path", path));
  }
  if (Number.isInteger(code) && code >= 100 && code <= 599) {
    attributes.push({
      key: "http.response.status_code",
      value: { value: { $case: "intValue", value: BigInt(code) } },
    });
  }
  return [
    span({
      traceId,
      spanId,
      // A path is not a name: it has too many values.
      name: method === undefined ? name : method.toUpperCase(),
      kind: spanKind(peer_type),
      startTimeUnixNano: unixNano(start),
      endTimeUnixNano: unixNano(stop),
      attributes,
      // By the conventions, a server's span is an error from status 500 on, a client's from 400 on.
      status: {
        message: "",
        code: code >= 500 || (code >= 400 && peer_type === "Client") ? 2 : 0,
      },
    }),
  ];
}
