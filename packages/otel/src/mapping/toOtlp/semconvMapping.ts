import {
  type Counter,
  type Envelope,
  type Event,
  type Gauge,
  type Log,
  Log_Type,
} from "@loggregator/api";
import { type LogRecord, type Metric, SeverityNumber, type Span } from "../../messages.js";
import { type ResourceData, ResourceGroups } from "../otlpRequests.js";
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
} from "../otlpValues.js";
import { urlPath } from "../urlPath.js";
import { attributesOf, type Instance, type Instances, recordAttributesOf } from "./instances.js";

/** The scope of everything in this mapping. */
export const semconvScope = { name: "@loggregator/otel" };

/**
 * OpenTelemetry's sizes of ids, in bytes. Ids of other sizes are not written to records and spans.
 */
const traceIdLength = 16;
const spanIdLength = 8;

/**
 * Maps completed envelopes with OpenTelemetry's semantic conventions: one resource per source and
 * instance, with the attributes `service.name` and `cloudfoundry.*`.
 */
export function semconvMapping(
  envelopes: readonly Envelope[],
  observedTime: bigint,
  instances: Instances,
): ResourceData[] {
  const groups = new ResourceGroups();
  const known = new Map<Instance, ResourceData>();
  for (const envelope of envelopes) {
    const instance = instances.of(envelope);
    let data = known.get(instance);
    if (data === undefined) {
      data = groups.of(instance.resource, instance.key);
      known.set(instance, data);
    }
    switch (envelope.message?.$case) {
      case "log":
        data.logRecords.push(logOf(envelope, envelope.message.value, observedTime, instance));
        break;
      case "event":
        data.logRecords.push(eventOf(envelope, envelope.message.value, observedTime));
        break;
      case "counter":
        data.metrics.push(counterOf(envelope, envelope.message.value, instance));
        break;
      case "gauge":
        data.metrics.push(...gaugesOf(envelope, envelope.message.value, instance));
        break;
      default:
        data.spans.push(...spansOf(envelope));
    }
  }
  return groups.all();
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

function logOf(
  envelope: Envelope,
  { payload, type }: Log,
  observedTimeUnixNano: bigint,
  instance: Instance,
): LogRecord {
  const { traceId, spanId } = idsOf(envelope);
  const isError = type === Log_Type.ERR;
  return {
    timeUnixNano: unixNano(envelope.timestamp),
    observedTimeUnixNano,
    severityNumber: isError
      ? SeverityNumber.SEVERITY_NUMBER_ERROR
      : SeverityNumber.SEVERITY_NUMBER_INFO,
    severityText: isError ? "ERROR" : "INFO",
    body: textValue(decodeText(payload)),
    attributes: recordAttributesOf(envelope, instance, isError ? "stderr" : "stdout"),
    droppedAttributesCount: 0,
    flags: 0,
    traceId,
    spanId,
    eventName: "",
  };
}

function eventOf(
  envelope: Envelope,
  { title, body }: Event,
  observedTimeUnixNano: bigint,
): LogRecord {
  return logRecord({
    timeUnixNano: unixNano(envelope.timestamp),
    observedTimeUnixNano,
    severityNumber: SeverityNumber.SEVERITY_NUMBER_INFO,
    severityText: "INFO",
    body: textValue(body),
    attributes: [...attributesOf(envelope), textAttribute("title", title)],
    eventName: "cloudfoundry.event",
    ...idsOf(envelope),
  });
}

function counterOf(envelope: Envelope, { name, total }: Counter, instance: Instance): Metric {
  // OTLP's integers are signed. A larger total is written as a double.
  const value =
    total < 2n ** 63n
      ? { $case: "asInt" as const, value: total }
      : { $case: "asDouble" as const, value: Number(total) };
  return cumulativeSum(name, "{count}", {
    attributes: recordAttributesOf(envelope, instance, "metric"),
    timeUnixNano: unixNano(envelope.timestamp),
    value,
  });
}

function gaugesOf(envelope: Envelope, { metrics }: Gauge, instance: Instance): Metric[] {
  const timeUnixNano = unixNano(envelope.timestamp);
  return Object.entries(metrics).map(([name, { unit, value }]) =>
    metric(name, unit, "gauge", {
      attributes: recordAttributesOf(envelope, instance, "metric"),
      timeUnixNano,
      value: { $case: "asDouble", value },
    }),
  );
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
      // Without the path, which has too many distinct values.
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
