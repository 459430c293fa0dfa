import { setOwn } from "@loggregator/core";
import type {
  AnyValue,
  ExportLogsServiceRequest,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
  InstrumentationScope,
  KeyValue,
  Metric,
  Resource,
  Span,
} from "@loggregator/otel/messages";
import type {
  OtlpAttributes,
  OtlpLog,
  OtlpMetric,
  OtlpRequest,
  OtlpResource,
  OtlpScope,
  OtlpSpan,
  OtlpValue,
} from "./otlpItems.js";

/** Returns the log records of a request, each with its resource and scope. */
export function flattenLogs(message: ExportLogsServiceRequest, request: OtlpRequest): OtlpLog[] {
  return message.resourceLogs.flatMap(({ resource, schemaUrl, scopeLogs }) => {
    const from = resourceOf(resource, schemaUrl);
    return scopeLogs.flatMap((group) => {
      const scope = scopeOf(group.scope, group.schemaUrl);
      return group.logRecords.map((record): OtlpLog => {
        const { body, attributes, traceId, spanId, droppedAttributesCount: _, ...rest } = record;
        return {
          signal: "logs",
          ...rest,
          body: plainValue(body),
          attributes: plainAttributes(attributes),
          ...ids({ traceId, spanId }),
          resource: from,
          scope,
          request,
        };
      });
    });
  });
}

/** Returns the data points of a request, each with its metric, resource and scope. */
export function flattenMetrics(
  message: ExportMetricsServiceRequest,
  request: OtlpRequest,
): OtlpMetric[] {
  return message.resourceMetrics.flatMap(({ resource, schemaUrl, scopeMetrics }) => {
    const from = resourceOf(resource, schemaUrl);
    return scopeMetrics.flatMap((group) => {
      const scope = scopeOf(group.scope, group.schemaUrl);
      return group.metrics.flatMap((metric) =>
        dataPoints(metric).map((point) => ({ ...point, resource: from, scope, request })),
      );
    });
  });
}

/** Returns the spans of a request, each with its resource and scope. */
export function flattenTraces(
  message: ExportTraceServiceRequest,
  request: OtlpRequest,
): OtlpSpan[] {
  return message.resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }) => {
    const from = resourceOf(resource, schemaUrl);
    return scopeSpans.flatMap((group) => {
      const scope = scopeOf(group.scope, group.schemaUrl);
      return group.spans.map((span) => ({ ...plainSpan(span), resource: from, scope, request }));
    });
  });
}

const temporalities: Readonly<Record<number, OtlpMetric["temporality"]>> = {
  0: "unspecified",
  1: "delta",
  2: "cumulative",
};

type Origin = "resource" | "scope" | "request";

function dataPoints({ name, description, unit, data }: Metric): Omit<OtlpMetric, Origin>[] {
  if (data === undefined) {
    return [];
  }
  const { $case: type, value } = data;
  const temporality =
    "aggregationTemporality" in value ? temporalities[value.aggregationTemporality] : undefined;
  return value.dataPoints.map((point) => ({
    signal: "metrics",
    name,
    description,
    unit,
    type,
    temporality,
    isMonotonic: "isMonotonic" in value && value.isMonotonic,
    startTimeUnixNano: point.startTimeUnixNano,
    timeUnixNano: point.timeUnixNano,
    value: "value" in point ? point.value?.value : undefined,
    attributes: plainAttributes(point.attributes),
    point,
  }));
}

function plainSpan(span: Span): Omit<OtlpSpan, Origin> {
  const { name, kind, traceState, startTimeUnixNano, endTimeUnixNano, status } = span;
  return {
    signal: "traces",
    ...ids(span),
    parentSpanId: hex("parent span id", span.parentSpanId, 8),
    traceState,
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: plainAttributes(span.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: event.timeUnixNano,
      attributes: plainAttributes(event.attributes),
    })),
    links: span.links.map((link) => ({
      ...ids(link),
      attributes: plainAttributes(link.attributes),
    })),
    status: { code: status?.code ?? 0, message: status?.message ?? "" },
  };
}

function resourceOf(resource: Resource | undefined, schemaUrl: string): OtlpResource {
  return { attributes: plainAttributes(resource?.attributes ?? []), schemaUrl };
}

function scopeOf(scope: InstrumentationScope | undefined, schemaUrl: string): OtlpScope {
  const { name = "", version = "", attributes = [] } = scope ?? {};
  return { name, version, attributes: plainAttributes(attributes), schemaUrl };
}

function plainAttributes(list: readonly KeyValue[]): OtlpAttributes {
  const attributes: Record<string, OtlpValue> = {};
  for (const { key, value } of list) {
    setOwn(attributes, key, plainValue(value));
  }
  return attributes;
}

function plainValue(any: AnyValue | undefined): OtlpValue {
  const data = any?.value;
  switch (data?.$case) {
    case "arrayValue":
      return data.value.values.map(plainValue);
    case "kvlistValue":
      return plainAttributes(data.value.values);
    default:
      return data?.value;
  }
}

function ids({ traceId, spanId }: { readonly traceId: Uint8Array; readonly spanId: Uint8Array }) {
  return { traceId: hex("trace id", traceId, 16), spanId: hex("span id", spanId, 8) };
}

/** Ids of another length make a collector reject the request. */
function hex(name: string, bytes: Uint8Array, length: number): string {
  if (bytes.length !== 0 && bytes.length !== length) {
    throw new RangeError(`a ${name} has ${bytes.length} bytes instead of ${length}`);
  }
  return Buffer.from(bytes).toString("hex");
}
