import { type Envelope, Log_Type } from "@loggregator/api";
import { type KeyValue, type LogRecord, type Metric, SeverityNumber } from "../../messages.js";
import { type ResourceData, ResourceGroups } from "../otlpRequests.js";
import {
  decodeText,
  logRecord,
  metric,
  textAttribute,
  textValue,
  unixNano,
} from "../otlpValues.js";

/** The scope that the receiver names. */
export const receiverScope = { name: "otelcol/cloudfoundry" };

const prefix = "org.cloudfoundry.";

const severities: ReadonlyMap<number, readonly [SeverityNumber, string]> = new Map([
  [Log_Type.OUT, [SeverityNumber.SEVERITY_NUMBER_INFO, "Info"]],
  [Log_Type.ERR, [SeverityNumber.SEVERITY_NUMBER_ERROR, "Error"]],
]);

/** Tags that the receiver writes to the resource if its feature gate is enabled. */
const resourceTags: ReadonlySet<string> = new Set([
  "index",
  "ip",
  "deployment",
  "id",
  "job",
  "product",
  "instance_group",
  "instance_id",
  "origin",
  "system_domain",
  "source_id",
  "source_type",
  "process_type",
  "process_id",
  "process_instance_id",
]);

/**
 * Maps envelopes as the OpenTelemetry Collector's cloudfoundryreceiver does. Timers, events and logs of
 * unknown types are omitted.
 *
 * @param startTime The start of the receiver.
 * @param resourceAttributes True to write some attributes to the resource, as the receiver does with
 * its feature gate `cloudfoundry.resourceAttributes.allow`.
 */
export function receiverMapping(
  envelopes: readonly Envelope[],
  startTime: bigint,
  resourceAttributes: boolean,
): ResourceData[] {
  const groups = new ResourceGroups();
  const isOfResource = ({ key }: KeyValue) =>
    resourceAttributes && resourceTags.has(key.slice(prefix.length));
  for (const envelope of envelopes) {
    const all = attributesOf(envelope);
    const attributes = all.filter((attribute) => !isOfResource(attribute));
    const data = groups.of(all.filter(isOfResource));
    data.logRecords.push(...logRecordsOf(envelope, attributes, startTime));
    data.metrics.push(...metricsOf(envelope, attributes, startTime));
  }
  return groups.all();
}

function attributesOf({ tags, sourceId, instanceId }: Envelope): KeyValue[] {
  const values = new Map(Object.entries(tags));
  if (sourceId !== "") {
    values.set("source_id", sourceId);
  }
  if (instanceId !== "") {
    values.set("instance_id", instanceId);
  }
  return Array.from(values, ([name, value]) => textAttribute(prefix + name, value));
}

function logRecordsOf(
  { message, timestamp }: Envelope,
  attributes: KeyValue[],
  observedTimeUnixNano: bigint,
): LogRecord[] {
  const severity = message?.$case === "log" ? severities.get(message.value.type) : undefined;
  if (message?.$case !== "log" || severity === undefined) {
    return [];
  }
  const [severityNumber, severityText] = severity;
  return [
    logRecord({
      timeUnixNano: unixNano(timestamp),
      observedTimeUnixNano,
      severityNumber,
      severityText,
      body: textValue(decodeText(message.value.payload)),
      attributes,
    }),
  ];
}

function metricsOf(
  { message, timestamp, tags }: Envelope,
  attributes: KeyValue[],
  startTimeUnixNano: bigint,
): Metric[] {
  const point = { attributes, startTimeUnixNano, timeUnixNano: unixNano(timestamp) };
  const name = (own: string) => `${tags["origin"] ?? ""}.${own}`;
  const double = (value: number) => ({ $case: "asDouble" as const, value });
  if (message?.$case === "counter") {
    const { total } = message.value;
    return [
      metric(name(message.value.name), "", "sum", { ...point, value: double(Number(total)) }),
    ];
  }
  if (message?.$case === "gauge") {
    return Object.entries(message.value.metrics).map(([own, { value }]) =>
      metric(name(own), "", "gauge", { ...point, value: double(value) }),
    );
  }
  return [];
}
