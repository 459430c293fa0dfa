export { EnvelopeCompleter } from "@loggregator/conversion";
export { OtlpExportError, type OtlpExportErrorOptions } from "./errors.js";
export type { OtlpExporterOptions, OtlpTls, OtlpTransportOptions } from "./exporter/options.js";
export { OtlpExporter, type OtlpExporterStats } from "./exporter/otlpExporter.js";
export type { OtlpSignal } from "./exporter/signals.js";
export type { OtlpRequests } from "./mapping/otlpRequests.js";
export { toEnvelopes } from "./mapping/toEnvelopes.js";
export { type OtlpMode, type ToOtlpOptions, toOtlp } from "./mapping/toOtlp.js";
