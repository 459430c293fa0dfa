import { type Envelope, Log_Type } from "@loggregator/api";
import {
  type KeyValue,
  type LogRecord,
  type Metric,
  SeverityNumber,
  type Span,
} from "../../messages.js";
import type { ResourceData } from "../otlpRequests.js";
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
} from "../otlpValues.js";
import { urlPath } from "../urlPath.js";

/** Tags that the agent does not write as attributes. */
const omittedTags: ReadonlySet<string> = new Set([
  "instance_id",
  "source_id",
  "__v1_type",
  "span_id",
  "trace_id",
]);

/** The severities of logs by type, with the names of the enum as text. */
const severities: ReadonlyMap<number, readonly [SeverityNumber, string]> = new Map([
  [Log_Type.OUT, [SeverityNumber.SEVERITY_NUMBER_INFO, "SEVERITY_NUMBER_INFO"]],
  [Log_Type.ERR, [SeverityNumber.SEVERITY_NUMBER_ERROR, "SEVERITY_NUMBER_ERROR"]],
]);

/**
 * Maps completed envelopes as the forwarder agent does: without resources and scopes; each log
 * record and span in a separate resource, and all metrics in one.
 */
export function cfMapping(envelopes: readonly Envelope[], observedTime: bigint): ResourceData[] {
  const resources: ResourceData[] = [];
  const metrics: Metric[] = [];
  const empty = { resource: undefined, logRecords: [], metrics: [], spans: [] };
  for (const envelope of envelopes) {
    const record = cfLogRecord(envelope, observedTime);
    if (record !== undefined) {
      resources.push({ ...empty, logRecords: [record] });
    }
    metrics.push(...cfMetrics(envelope));
    const timer = cfSpan(envelope);
    if (timer !== undefined) {
      resources.push({ ...empty, spans: [timer] });
    }
  }
  return [...resources, { ...empty, metrics }];
}

function cfAttributes({ instanceId, sourceId, tags }: Envelope): KeyValue[] {
  const attributes = [
    textAttribute("instance_id", instanceId),
    textAttribute("source_id", sourceId),
  ];
  for (const [name, value] of Object.entries(tags)) {
    if (!omittedTags.has(name)) {
      attributes.push(textAttribute(name, value));
    }
  }
  return attributes;
}

function cfLogRecord(envelope: Envelope, observedTimeUnixNano: bigint): LogRecord | undefined {
  const { message, timestamp } = envelope;
  const times = { timeUnixNano: unixNano(timestamp), observedTimeUnixNano };
  if (message?.$case === "log") {
    const { payload, type } = message.value;
    const [severityNumber, severityText] = severities.get(type) ?? [
      SeverityNumber.SEVERITY_NUMBER_UNSPECIFIED,
      "SEVERITY_NUMBER_UNSPECIFIED",
    ];
    const body = textValue(decodeText(payload));
    return logRecord({
      ...times,
      severityNumber,
      severityText,
      body,
      attributes: cfAttributes(envelope),
    });
  }
  if (message?.$case === "event") {
    const { title, body } = message.value;
    const values = [textAttribute("title", title), textAttribute("body", body)];
    return logRecord({
      ...times,
      body: { value: { $case: "kvlistValue", value: { values } } },
      attributes: cfAttributes(envelope),
    });
  }
  return undefined;
}

function cfMetrics(envelope: Envelope): Metric[] {
  const { message, timestamp } = envelope;
  const timeUnixNano = unixNano(timestamp);
  if (message?.$case === "counter") {
    const { name, total } = message.value;
    const attributes = cfAttributes(envelope);
    // The agent clears the top bit, as OTLP's integers are signed.
    const value = { $case: "asInt" as const, value: BigInt.asUintN(63, total) };
    return [cumulativeSum(name, "", { attributes, timeUnixNano, value })];
  }
  if (message?.$case === "gauge") {
    return Object.entries(message.value.metrics).map(([name, { unit, value }]) =>
      metric(name, unit, "gauge", {
        attributes: cfAttributes(envelope),
        timeUnixNano,
        value: { $case: "asDouble", value },
      }),
    );
  }
  return [];
}

/** Timers with valid ids become spans, except those of HTTP clients. */
function cfSpan(envelope: Envelope): Span | undefined {
  const { message, tags } = envelope;
  const traceId = bytesOfHex(tags["trace_id"]);
  const spanId = bytesOfHex(tags["span_id"]);
  const { uri, peer_type } = tags;
  if (
    message?.$case !== "timer" ||
    traceId === undefined ||
    spanId === undefined ||
    peer_type === "Client"
  ) {
    return undefined;
  }
  const { name, start, stop } = message.value;
  return span({
    traceId,
    spanId,
    name: uri === undefined ? name : (urlPath(uri) ?? name),
    kind: spanKind(peer_type),
    startTimeUnixNano: unixNano(start),
    endTimeUnixNano: unixNano(stop),
    attributes: cfAttributes(envelope),
    status: { message: "", code: 0 },
  });
}
