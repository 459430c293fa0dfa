import { type Envelope, eventEnvelope, logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { encodeRequest } from "../exporter/signals.js";
import { ExportLogsServiceRequest } from "../messages.js";
import { type OtlpMode, sharingMapper, toOtlp } from "./toOtlp.js";

const app = { app_id: "guid", app_name: "shop", origin: "rep", deployment: "cf", job: "cell" };

function log(text: string, tags: Record<string, string> = app, instanceId = "0"): Envelope {
  const stream = text.startsWith("!") ? "stderr" : "stdout";
  // Each has tags of its own, as the decoder returns them.
  return logEnvelope(text, { sourceId: "guid", instanceId, stream, tags: { ...tags } });
}

const batches: readonly (readonly Envelope[])[] = [
  [log("a"), log("b"), log("!c"), log("ü".repeat(200)), log("d")],
  [log("e"), log("!f"), log("g", app, "1"), eventEnvelope("title", "body", { sourceId: "guid" })],
  // Tags that are removed, added, changed, and those of another resource.
  [log("h"), log("i", { app_id: "guid" }), log("j", { ...app, new: "x" }), log("k", app), log("l")],
  [log("m", { ...app, origin: "x" }), log("n", { ...app, origin: "x" }), log("o", { job: "x" })],
  [log("p", { ...app, app_name: "renamed" }), log("q", { ...app, app_name: "renamed" }), log("r")],
  [log("s", { ...app, trace_id: "0af7651916cd43dd8448eb211c80319c" }), log("t")],
  [log("u", { long: "x".repeat(5_000) }), log("v", { long: "x".repeat(5_000) })],
];

/** The decoded request. The time of observation is the present one. */
function decoded(bytes: Uint8Array): ExportLogsServiceRequest {
  const request = ExportLogsServiceRequest.decode(bytes);
  for (const { scopeLogs } of request.resourceLogs) {
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      record.observedTimeUnixNano = 0n;
    }
  }
  return request;
}

test.each<OtlpMode>(["semconv", "cf", "receiver"])(
  "mode %s: requests that share attributes are equal to those that do not",
  (mode) => {
    const map = sharingMapper({ mode });
    for (const envelopes of [...batches, ...batches]) {
      const { logs } = toOtlp(envelopes, { mode });
      const expected = ExportLogsServiceRequest.encode(logs as ExportLogsServiceRequest).finish();
      expect(decoded(encodeRequest("logs", map(envelopes)))).toEqual(decoded(expected));
    }
  },
);

test("more instances than are kept are mapped alike", () => {
  const map = sharingMapper({});
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5_000; i++) {
      const envelopes = [log("a", app, `${i}`), log("b", app, `${i}`)];
      const [data] = map(envelopes).logs?.resourceLogs ?? [];
      const [first, second] = data?.scopeLogs[0]?.logRecords ?? [];
      expect(second?.attributes).toEqual(first?.attributes);
    }
  }
});

test("toOtlp returns attributes that may be changed", () => {
  const { logs } = toOtlp([log("a"), log("b"), log("c")]);
  const records = logs?.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  const attributes = records.flatMap((record) => record.attributes);
  expect(new Set(attributes).size).toBe(attributes.length);
  expect(records).toHaveLength(3);
});
