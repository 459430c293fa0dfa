import { type Envelope, Log_Type, newEnvelope } from "@loggregator/api";
import { OptionTypeError, objectArgument, setOwn } from "@loggregator/core";
import { type KeyValue, type LogRecord, type Span, Span_SpanKind } from "../../messages.js";
import type { OtlpRequests } from "../otlpRequests.js";
import { hexOfBytes } from "../otlpValues.js";
import { urlPath } from "../urlPath.js";
import { attributeText } from "./attributeText.js";
import { metricEnvelopes } from "./metricEnvelopes.js";
import { tagsOfAttributes } from "./tagsOfAttributes.js";

/** Log lines of this severity or a higher one are written to stderr. */
const errorSeverity = 17;

const utf8 = new TextEncoder();

/**
 * Converts OTLP requests to envelopes. Loggregator defines no such mapping, so this one is our own; it
 * reverses the modes of `toOtlp` as far as they keep the data.
 *
 * - Log records become logs: on stderr from severity ERROR (17) on, else on stdout. Records with a title
 *   and a body, and those with an event name, become events.
 * - Metrics become counters and gauges. Histograms and summaries become several, with the names that
 *   Prometheus gives them.
 * - Spans become timers with the tags `trace_id`, `span_id` and `peer_type`.
 * - Attributes become text tags. The source id is the attribute `source_id`,
 *   `cloudfoundry.source.id`, `cloudfoundry.app.id` or `service.name`; the instance id is
 *   `instance_id`, `service.instance.id` or `cloudfoundry.app.instance.id`.
 *   `cloudfoundry.system.id` becomes `deployment` and `job`.
 *
 * @throws OptionTypeError if `requests` is not an object, or lacks a field that decoded requests
 * have; `cause` is the resulting error.
 */
export function toEnvelopes(requests: OtlpRequests): Envelope[] {
  objectArgument("requests", requests);
  try {
    return envelopesOf(requests);
  } catch (cause) {
    if (!(cause instanceof TypeError)) {
      throw cause;
    }
    const expected = "decoded OTLP requests, without missing fields";
    throw Object.assign(new OptionTypeError("requests", expected, cause.message), { cause });
  }
}

function envelopesOf({ logs, metrics, traces }: OtlpRequests): Envelope[] {
  const envelopes: Envelope[] = [];
  for (const { resource, scopeLogs } of logs?.resourceLogs ?? []) {
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      envelopes.push(recordEnvelope(record, resource?.attributes ?? []));
    }
  }
  for (const { resource, scopeMetrics } of metrics?.resourceMetrics ?? []) {
    for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
      envelopes.push(...metricEnvelopes(metric, resource?.attributes ?? []));
    }
  }
  for (const { resource, scopeSpans } of traces?.resourceSpans ?? []) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      envelopes.push(spanEnvelope(span, resource?.attributes ?? []));
    }
  }
  return envelopes;
}

function recordEnvelope(record: LogRecord, resource: readonly KeyValue[]): Envelope {
  const { body, eventName, severityNumber, timeUnixNano, observedTimeUnixNano } = record;
  const time = BigInt.asIntN(64, timeUnixNano || observedTimeUnixNano);
  const { sourceId, instanceId, tags } = tagsOfAttributes(resource, record.attributes);
  addIds(tags, record);
  const event = eventOf(record);
  if (event !== undefined) {
    if (eventName === "cloudfoundry.event") {
      delete tags["title"];
    }
    return newEnvelope(time, sourceId, instanceId, {}, tags, { $case: "event", value: event });
  }
  if (tags["log.iostream"] !== undefined) {
    delete tags["log.iostream"];
  }
  const value = {
    payload: utf8.encode(attributeText(body)),
    type: severityNumber >= errorSeverity ? Log_Type.ERR : Log_Type.OUT,
  };
  return newEnvelope(time, sourceId, instanceId, {}, tags, { $case: "log", value });
}

/** The title and body of a record that is an event. */
function eventOf({ body, eventName, attributes }: LogRecord) {
  if (eventName !== "") {
    const title = attributes.find(({ key }) => key === "title")?.value;
    return {
      title: title === undefined ? eventName : attributeText(title),
      body: attributeText(body),
    };
  }
  const values = body?.value?.$case === "kvlistValue" ? body.value.value.values : [];
  const [title, text] = values;
  return values.length === 2 && title?.key === "title" && text?.key === "body"
    ? { title: attributeText(title.value), body: attributeText(text.value) }
    : undefined;
}

function spanEnvelope(span: Span, resource: readonly KeyValue[]): Envelope {
  const { sourceId, instanceId, tags } = tagsOfAttributes(resource, span.attributes);
  addIds(tags, span);
  if (tags["peer_type"] === undefined) {
    const peerType = peerTypes.get(span.kind);
    if (peerType !== undefined) {
      tags["peer_type"] = peerType;
    }
  }
  if (tags["uri"] === undefined) {
    const uri = tags["url.full"] ?? tags["url.path"];
    if (uri !== undefined) {
      tags["uri"] = uri;
    }
  } else {
    removeDerived(tags, "url.path", urlPath(tags["uri"]));
  }
  removeDerived(tags, "http.request.method", tags["method"]?.toUpperCase());
  removeDerived(tags, "http.response.status_code", `${Number(tags["status_code"])}`);
  const start = BigInt.asIntN(64, span.startTimeUnixNano);
  const stop = BigInt.asIntN(64, span.endTimeUnixNano);
  const value = { name: span.name, start, stop };
  return newEnvelope(stop, sourceId, instanceId, {}, tags, { $case: "timer", value });
}

/** Removes an attribute that the mode `semconv` derived from a tag. */
function removeDerived(tags: Record<string, string>, name: string, value: string | undefined) {
  if (value !== undefined && tags[name] === value) {
    delete tags[name];
  }
}

const peerTypes: ReadonlyMap<number, string> = new Map([
  [Span_SpanKind.SPAN_KIND_SERVER, "Server"],
  [Span_SpanKind.SPAN_KIND_CLIENT, "Client"],
]);

function addIds(tags: Record<string, string>, ids: Pick<LogRecord, "traceId" | "spanId">): void {
  if (ids.traceId.length > 0) {
    setOwn(tags, "trace_id", hexOfBytes(ids.traceId));
  }
  if (ids.spanId.length > 0) {
    setOwn(tags, "span_id", hexOfBytes(ids.spanId));
  }
}
