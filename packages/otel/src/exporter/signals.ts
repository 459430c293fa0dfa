import type { Envelope } from "@loggregator/api";
import type { OtlpRequests } from "../mapping/otlpRequests.js";
import {
  ExportLogsServiceResponse,
  ExportMetricsServiceResponse,
  ExportTraceServiceRequest,
  ExportTraceServiceResponse,
} from "../messages.js";
import { encodeLogs } from "./encodeLogs.js";
import { encodeMetrics } from "./encodeMetrics.js";

/** A kind of data in OTLP. */
export type OtlpSignal = "logs" | "metrics" | "traces";

export const otlpSignals = ["logs", "metrics", "traces"] as const;

/** The result of an accepted request: all of it, or a part. */
export interface Acceptance {
  /** The number of rejected records, data points or spans. */
  readonly rejected: number;
  /** The server's explanation or warning; may be empty. */
  readonly message: string;
}

/** The signal that carries an envelope; undefined if it has no message. */
export function signalOf({ message }: Envelope): OtlpSignal | undefined {
  switch (message?.$case) {
    case "log":
    case "event":
      return "logs";
    case "counter":
    case "gauge":
      return "metrics";
    case "timer":
      return "traces";
    default:
      return undefined;
  }
}

/** Encodes the request of a signal as protobuf. */
export function encodeRequest(signal: OtlpSignal, requests: OtlpRequests): Uint8Array<ArrayBuffer> {
  const { logs, metrics, traces } = requests;
  switch (signal) {
    case "logs":
      return encodeLogs(logs ?? { resourceLogs: [] });
    case "metrics":
      return encodeMetrics(metrics ?? { resourceMetrics: [] });
    case "traces":
      return ExportTraceServiceRequest.encode(traces ?? { resourceSpans: [] }).finish();
  }
}

/** The number of log records or spans in a request. Undefined for metrics: a gauge may have several. */
export function itemCount(signal: OtlpSignal, { logs, metrics, traces }: OtlpRequests) {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  switch (signal) {
    case "logs":
      return sum(
        (logs?.resourceLogs ?? []).flatMap(({ scopeLogs }) =>
          scopeLogs.map(({ logRecords }) => logRecords.length),
        ),
      );
    case "metrics":
      return metrics === undefined ? 0 : undefined;
    case "traces":
      return sum(
        (traces?.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
          scopeSpans.map(({ spans }) => spans.length),
        ),
      );
  }
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
