// Exporters for OpenTelemetry's SDK that emit into Loggregator.
export { FlushTimeoutError } from "./sdk/flushTimeoutError.js";
export { LoggregatorLogRecordExporter } from "./sdk/loggregatorLogRecordExporter.js";
export {
  LoggregatorMetricExporter,
  type SdkMetricExporterOptions,
} from "./sdk/loggregatorMetricExporter.js";
export { LoggregatorSpanExporter } from "./sdk/loggregatorSpanExporter.js";
export type { EnvelopeEmitter, SdkExporterOptions } from "./sdk/sdkOptions.js";
export type {
  SdkAttributes,
  SdkCallback,
  SdkDataPoint,
  SdkLogRecord,
  SdkMetric,
  SdkMetrics,
  SdkResource,
  SdkResult,
  SdkSpan,
  SdkSpanContext,
  SdkTime,
} from "./sdk/sdkTypes.js";
