import type { OtlpSignal } from "./exporter/otlpSignal.js";

/** Details of a failed export. */
export interface OtlpExportErrorOptions extends ErrorOptions {
  /** The kind of data, if the failure concerns one request. */
  readonly signal?: OtlpSignal | undefined;
  /** The HTTP status of the response, or the gRPC status code. */
  readonly status?: number | undefined;
  /** True if OTLP permits another attempt. */
  readonly retryable?: boolean | undefined;
  /** The delay that the server requested, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Data could not be exported. */
export class OtlpExportError extends Error {
  override readonly name = "OtlpExportError";
  /** The kind of data, if the failure concerns one request. */
  readonly signal: OtlpSignal | undefined;
  /** The HTTP status of the response, or the gRPC status code; undefined without a response. */
  readonly status: number | undefined;
  /** True if another attempt may succeed, by the OTLP specification. */
  readonly retryable: boolean;
  /** The delay that the server requested before another attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: OtlpExportErrorOptions = {}) {
    super(message, options);
    this.signal = options.signal;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Returns true for an `OtlpExportError`, even of another copy of this package. */
export function isOtlpExportError(error: unknown): error is OtlpExportError {
  return error instanceof Error && error.name === "OtlpExportError";
}
