import type { OtlpRequests } from "../../mapping/otlpRequests.js";
import { ExportTraceServiceRequest } from "../../messages.js";
import type { OtlpSignal } from "../otlpSignal.js";
import { encodeLogs } from "./encodeLogs.js";
import { encodeMetrics } from "./encodeMetrics.js";

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
