import { type Envelope, Log_Type } from "@loggregator/api";
import {
  type KeyValue,
  type LogRecord,
  type Metric,
  SeverityNumber,
  type Span,
} from "../messages.js";
import { type ResourceData, ResourceGroups } from "./otlpRequests.js";
import { urlPath } from "./urlPath.js";
import {
  bytesOfHex,
  cumulativeSum,
  decodeText,
  logRecord,
  metric,
  span,
  spanKind,
  textAttribute,
  textValue,
  unixNano,
} from "./values.js";

/** The scope of everything in this mapping. */
export const semconvScope = { name: "@loggregator/otel" };

/** Resource attributes of OpenTelemetry's semantic conventions, with the tags that they come from. */
const resourceAttributes: readonly (readonly [string, string])[] = [
  ["cloudfoundry.app.id", "app_id"],
  ["cloudfoundry.app.name", "app_name"],
  ["cloudfoundry.space.id", "space_id"],
  ["cloudfoundry.space.name", "space_name"],
  ["cloudfoundry.org.id", "organization_id"],
  ["cloudfoundry.org.name", "organization_name"],
  ["cloudfoundry.process.id", "process_id"],
  ["cloudfoundry.process.type", "process_type"],
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
  const groups = new ResourceGroups();
  for (const envelope of envelopes) {
    const data = groups.of(resourceOf(envelope));
    data.logRecords.push(...logRecordsOf(envelope, observedTime));
    data.metrics.push(...metricsOf(envelope));
    data.spans.push(...spansOf(envelope));
  }
  return groups.all();
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

function idsOf({ tags }: Envelope): Pick<LogRecord, "traceId" | "spanId"> {
  const traceId = bytesOfHex(tags["trace_id"]);
  const spanId = bytesOfHex(tags["span_id"]);
  return {
    traceId: traceId?.length === traceIdLength ? traceId : new Uint8Array(),
    spanId: spanId?.length === spanIdLength ? spanId : new Uint8Array(),
  };
}

function logRecordsOf(envelope: Envelope, observedTimeUnixNano: bigint): LogRecord[] {
  const { message, timestamp } = envelope;
  const common = {
    timeUnixNano: unixNano(timestamp),
    observedTimeUnixNano,
    attributes: attributesOf(envelope),
    ...idsOf(envelope),
  };
  if (message?.$case === "log") {
    const { payload, type } = message.value;
    const isError = type === Log_Type.ERR;
    return [
      logRecord({
        ...common,
        severityNumber: isError
          ? SeverityNumber.SEVERITY_NUMBER_ERROR
          : SeverityNumber.SEVERITY_NUMBER_INFO,
        severityText: isError ? "ERROR" : "INFO",
        body: textValue(decodeText(payload)),
        attributes: [
          ...common.attributes,
          textAttribute("log.iostream", isError ? "stderr" : "stdout"),
        ],
      }),
    ];
  }
  if (message?.$case === "event") {
    const { title, body } = message.value;
    return [
      logRecord({
        ...common,
        severityNumber: SeverityNumber.SEVERITY_NUMBER_INFO,
        severityText: "INFO",
        body: textValue(body),
        attributes: [...common.attributes, textAttribute("title", title)],
        eventName: "cloudfoundry.event",
      }),
    ];
  }
  return [];
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
  const { traceId, spanId } = idsOf(envelope);
  if (message?.$case !== "timer" || traceId.length === 0 || spanId.length === 0) {
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
