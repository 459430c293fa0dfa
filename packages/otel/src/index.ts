export { EnvelopeCompleter } from "@loggregator/conversion";
export type { FlushOptions } from "@loggregator/core";
export { OtlpExportError, type OtlpExportErrorOptions } from "./errors.js";
export { OtlpExporter, type OtlpExporterStats } from "./exporter/otlpExporter.js";
export type {
  OtlpExporterOptions,
  OtlpTls,
  OtlpTransportOptions,
} from "./exporter/otlpExporterOptions.js";
export type { OtlpSignal } from "./exporter/otlpSignal.js";
export type { OtlpRequests } from "./mapping/otlpRequests.js";
export { toEnvelopes } from "./mapping/toEnvelopes/toEnvelopes.js";
export { type OtlpMode, type ToOtlpOptions, toOtlp } from "./mapping/toOtlp/toOtlp.js";
