import {
  AggregationTemporality,
  type AnyValue,
  type KeyValue,
  type LogRecord,
  type Metric,
  type NumberDataPoint,
  SeverityNumber,
  type Span,
  Span_SpanKind,
} from "../messages.js";

/** No bytes, such as a missing id. Shared: creating one takes longer than mapping an attribute. */
export const noBytes = new Uint8Array();

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes text. Bytes that are not UTF-8 become U+FFFD: OTLP's strings must be valid UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export function textValue(value: string): AnyValue {
  return { value: { $case: "stringValue", value } };
}

export function textAttribute(key: string, value: string): KeyValue {
  return { key, value: textValue(value) };
}

/** The time of an envelope as OTLP's unsigned number. Times before 1970 become 0, which is "unknown". */
export function unixNano(timestamp: bigint): bigint {
  return timestamp < 0n ? 0n : timestamp;
}

/** Returns the bytes of hexadecimal text, or undefined for other text. */
export function bytesOfHex(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text.length % 2 !== 0 || !/^[\da-f]+$/i.test(text)) {
    return undefined;
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

export function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns a log record with these fields. The others are empty. */
export function logRecord(fields: Partial<LogRecord>): LogRecord {
  return {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: SeverityNumber.SEVERITY_NUMBER_UNSPECIFIED,
    severityText: "",
    body: undefined,
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: noBytes,
    spanId: noBytes,
    eventName: "",
    ...fields,
  };
}

/** Returns a span with these fields. The others are empty. */
export function span(fields: Partial<Span>): Span {
  return {
    traceId: noBytes,
    spanId: noBytes,
    traceState: "",
    parentSpanId: noBytes,
    flags: 0,
    name: "",
    kind: Span_SpanKind.SPAN_KIND_UNSPECIFIED,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: undefined,
    ...fields,
  };
}

/** Returns a data point with these fields. The others are empty. */
export function dataPoint(fields: Partial<NumberDataPoint>): NumberDataPoint {
  return {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    value: undefined,
    exemplars: [],
    flags: 0,
    ...fields,
  };
}

/** Returns a metric with one data point. */
export function metric(
  name: string,
  unit: string,
  kind: "gauge" | "sum",
  point: Partial<NumberDataPoint>,
): Metric {
  const dataPoints = [dataPoint(point)];
  return {
    name,
    description: "",
    unit,
    data:
      kind === "gauge"
        ? { $case: "gauge", value: { dataPoints } }
        : {
            $case: "sum",
            value: {
              dataPoints,
              aggregationTemporality: AggregationTemporality.AGGREGATION_TEMPORALITY_UNSPECIFIED,
              isMonotonic: false,
            },
          },
    metadata: [],
  };
}

/** Returns a cumulative, monotonic sum with one data point. */
export function cumulativeSum(name: string, unit: string, point: Partial<NumberDataPoint>): Metric {
  const result = metric(name, unit, "sum", point);
  if (result.data?.$case === "sum") {
    result.data.value.aggregationTemporality =
      AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
    result.data.value.isMonotonic = true;
  }
  return result;
}

/**
 * The kind of a timer's span: the tag `peer_type` has the values of `peerType` in v1's
 * HttpStartStop.
 */
export function spanKind(peerType: string | undefined): Span_SpanKind {
  switch (peerType) {
    case "Server":
      return Span_SpanKind.SPAN_KIND_SERVER;
    case "Client":
      return Span_SpanKind.SPAN_KIND_CLIENT;
    default:
      return Span_SpanKind.SPAN_KIND_INTERNAL;
  }
}
