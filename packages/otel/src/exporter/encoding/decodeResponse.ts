import {
  ExportLogsServiceResponse,
  ExportMetricsServiceResponse,
  ExportTraceServiceResponse,
} from "../../messages.js";
import type { OtlpSignal } from "../otlpSignal.js";

/** The result of a request that was accepted in full or in part. */
export interface Acceptance {
  /** The number of rejected records, data points or spans. */
  readonly rejected: number;
  /** The server's explanation or warning; may be empty. */
  readonly message: string;
}

/** Decodes the response to a request. An empty one means that everything was accepted. */
export function decodeResponse(signal: OtlpSignal, bytes: Uint8Array): Acceptance {
  switch (signal) {
    case "logs": {
      const success = ExportLogsServiceResponse.decode(bytes).partialSuccess;
      return acceptance(success?.rejectedLogRecords, success?.errorMessage);
    }
    case "metrics": {
      const success = ExportMetricsServiceResponse.decode(bytes).partialSuccess;
      return acceptance(success?.rejectedDataPoints, success?.errorMessage);
    }
    case "traces": {
      const success = ExportTraceServiceResponse.decode(bytes).partialSuccess;
      return acceptance(success?.rejectedSpans, success?.errorMessage);
    }
  }
}

/** Reads the JSON form of a response. */
export function parseResponse(text: string): Acceptance {
  const { partialSuccess } = JSON.parse(text || "{}") as {
    partialSuccess?: Record<string, unknown>;
  };
  const { rejectedLogRecords, rejectedDataPoints, rejectedSpans, errorMessage } =
    partialSuccess ?? {};
  const rejected = rejectedLogRecords ?? rejectedDataPoints ?? rejectedSpans ?? 0;
  return acceptance(Number(rejected), typeof errorMessage === "string" ? errorMessage : "");
}

function acceptance(rejected: bigint | number = 0, message = ""): Acceptance {
  return { rejected: Math.max(0, Number(rejected)) || 0, message };
}
