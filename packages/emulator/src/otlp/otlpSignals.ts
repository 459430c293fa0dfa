import { parseJson } from "@loggregator/core";
import {
  ExportLogsServiceRequest,
  ExportLogsServiceResponse,
  ExportMetricsServiceRequest,
  ExportMetricsServiceResponse,
  ExportTraceServiceRequest,
  ExportTraceServiceResponse,
} from "@loggregator/otel/messages";
import { flattenLogs, flattenMetrics, flattenTraces } from "./flatten.js";
import type { OtlpPartialSuccess } from "./otlpFaults.js";
import type { OtlpItem, OtlpRequest } from "./otlpItems.js";

export type OtlpSignal = OtlpItem["signal"];

/** Decodes a request. Throws if it is malformed. */
export function decodeItems(
  signal: OtlpSignal,
  body: Uint8Array,
  request: OtlpRequest,
): OtlpItem[] {
  const isJson = request.protocol === "http/json";
  const json = isJson ? readableJson("", parseJson(utf8.decode(body))) : undefined;
  if (isJson && (typeof json !== "object" || json === null || Array.isArray(json))) {
    throw new SyntaxError("expected a JSON object");
  }
  switch (signal) {
    case "logs": {
      const { fromJSON, decode } = ExportLogsServiceRequest;
      return flattenLogs(isJson ? fromJSON(json) : decode(body), request);
    }
    case "metrics": {
      const { fromJSON, decode } = ExportMetricsServiceRequest;
      return flattenMetrics(isJson ? fromJSON(json) : decode(body), request);
    }
    case "traces": {
      const { fromJSON, decode } = ExportTraceServiceRequest;
      return flattenTraces(isJson ? fromJSON(json) : decode(body), request);
    }
  }
}

/** Encodes the response to an accepted request. It is empty if all of it was accepted. */
export function encodeResponse(
  signal: OtlpSignal,
  partial: OtlpPartialSuccess | undefined,
): Uint8Array {
  const errorMessage = partial?.message ?? "";
  const rejected = BigInt(partial?.rejected ?? 0);
  switch (signal) {
    case "logs":
      return ExportLogsServiceResponse.encode({
        partialSuccess: partial && { errorMessage, rejectedLogRecords: rejected },
      }).finish();
    case "metrics":
      return ExportMetricsServiceResponse.encode({
        partialSuccess: partial && { errorMessage, rejectedDataPoints: rejected },
      }).finish();
    case "traces":
      return ExportTraceServiceResponse.encode({
        partialSuccess: partial && { errorMessage, rejectedSpans: rejected },
      }).finish();
  }
}

const rejectedFields = {
  logs: "rejectedLogRecords",
  metrics: "rejectedDataPoints",
  traces: "rejectedSpans",
};

/** Returns the JSON form of the response to an accepted request. */
export function responseJson(signal: OtlpSignal, partial: OtlpPartialSuccess | undefined): string {
  const partialSuccess = partial && {
    [rejectedFields[signal]]: String(partial.rejected),
    errorMessage: partial.message,
  };
  return JSON.stringify({ partialSuccess: partialSuccess ?? {} });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Returns JSON that the generated functions read: ids are base64 as all other bytes, where OTLP has
 * hexadecimal text.
 */
function readableJson(name: string, json: unknown): unknown {
  if (Array.isArray(json)) {
    return json.map((item) => readableJson("", item));
  }
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, readableJson(key, value)]),
    );
  }
  if (name === "traceId" || name === "spanId" || name === "parentSpanId") {
    if (typeof json !== "string" || json.length % 2 !== 0 || !/^[\da-f]*$/i.test(json)) {
      throw new SyntaxError(`${name} must be hexadecimal`);
    }
    return Buffer.from(json, "hex").toString("base64");
  }
  return json;
}
