// OTLP's messages and services, generated from definitions that are compatible with
// opentelemetry-proto on the wire.
export {
  ExportLogsPartialSuccess,
  ExportLogsServiceRequest,
  ExportLogsServiceResponse,
  LogsServiceDefinition,
} from "./gen/opentelemetry/proto/collector/logs/v1/logs_service.js";
export {
  ExportMetricsPartialSuccess,
  ExportMetricsServiceRequest,
  ExportMetricsServiceResponse,
  MetricsServiceDefinition,
} from "./gen/opentelemetry/proto/collector/metrics/v1/metrics_service.js";
export {
  ExportTracePartialSuccess,
  ExportTraceServiceRequest,
  ExportTraceServiceResponse,
  TraceServiceDefinition,
} from "./gen/opentelemetry/proto/collector/trace/v1/trace_service.js";
export {
  AnyValue,
  ArrayValue,
  InstrumentationScope,
  KeyValue,
  KeyValueList,
} from "./gen/opentelemetry/proto/common/v1/common.js";
export {
  LogRecord,
  ResourceLogs,
  ScopeLogs,
  SeverityNumber,
} from "./gen/opentelemetry/proto/logs/v1/logs.js";
export {
  AggregationTemporality,
  Exemplar,
  ExponentialHistogram,
  ExponentialHistogramDataPoint,
  Gauge,
  Histogram,
  HistogramDataPoint,
  Metric,
  NumberDataPoint,
  ResourceMetrics,
  ScopeMetrics,
  Sum,
  Summary,
  SummaryDataPoint,
  SummaryDataPoint_ValueAtQuantile,
} from "./gen/opentelemetry/proto/metrics/v1/metrics.js";
export { Resource } from "./gen/opentelemetry/proto/resource/v1/resource.js";
export {
  ResourceSpans,
  ScopeSpans,
  Span,
  Span_Event,
  Span_Link,
  Span_SpanKind,
  Status,
  Status_StatusCode,
} from "./gen/opentelemetry/proto/trace/v1/trace.js";
