import type {
  ExportLogsServiceRequest,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
  KeyValue,
  LogRecord,
  Metric,
  Resource,
  Span,
} from "../messages.js";

/** OTLP requests, one for each signal that has data. */
export interface OtlpRequests {
  readonly logs?: ExportLogsServiceRequest | undefined;
  readonly metrics?: ExportMetricsServiceRequest | undefined;
  readonly traces?: ExportTraceServiceRequest | undefined;
}

/** The data of one resource. */
export interface ResourceData {
  readonly resource: Resource | undefined;
  readonly logRecords: LogRecord[];
  readonly metrics: Metric[];
  readonly spans: Span[];
}

/** Returns a text that identifies the resource with these attributes. */
export function resourceKey(attributes: readonly KeyValue[]): string {
  return JSON.stringify(attributes.map(({ key, value }) => [key, value?.value?.value]));
}

/** Collects the data of resources, each identified by its attributes. */
export class ResourceGroups {
  readonly #groups = new Map<string, ResourceData>();

  /** Returns the data of the resource with these attributes. */
  of(attributes: KeyValue[], key: string = resourceKey(attributes)): ResourceData {
    let data = this.#groups.get(key);
    if (data === undefined) {
      const resource = { attributes, droppedAttributesCount: 0 };
      data = { resource, logRecords: [], metrics: [], spans: [] };
      this.#groups.set(key, data);
    }
    return data;
  }

  all(): ResourceData[] {
    return [...this.#groups.values()];
  }
}

/** The instrumentation scope, in the modes that have one. */
export interface Scope {
  readonly name: string;
}

/** Builds the requests. Resources without data of a signal are not part of its request. */
export function otlpRequests(resources: readonly ResourceData[], scope?: Scope): OtlpRequests {
  const instrumentation = scope && {
    name: scope.name,
    version: "",
    attributes: [],
    droppedAttributesCount: 0,
  };
  const requests: {
    logs?: ExportLogsServiceRequest;
    metrics?: ExportMetricsServiceRequest;
    traces?: ExportTraceServiceRequest;
  } = {};
  for (const { resource, logRecords, metrics, spans } of resources) {
    if (logRecords.length > 0) {
      requests.logs ??= { resourceLogs: [] };
      requests.logs.resourceLogs.push({
        resource,
        scopeLogs: [{ scope: instrumentation, logRecords, schemaUrl: "" }],
        schemaUrl: "",
      });
    }
    if (metrics.length > 0) {
      requests.metrics ??= { resourceMetrics: [] };
      requests.metrics.resourceMetrics.push({
        resource,
        scopeMetrics: [{ scope: instrumentation, metrics, schemaUrl: "" }],
        schemaUrl: "",
      });
    }
    if (spans.length > 0) {
      requests.traces ??= { resourceSpans: [] };
      requests.traces.resourceSpans.push({
        resource,
        scopeSpans: [{ scope: instrumentation, spans, schemaUrl: "" }],
        schemaUrl: "",
      });
    }
  }
  return requests;
}
