import { type Envelope, eventEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { type Emulator, type OtlpItem, startEmulator } from "@loggregator/emulator";
import { OtlpExporter, type OtlpExporterOptions, type OtlpMode } from "@loggregator/otel";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { describeInterop, Peer } from "./peer.js";
import { envelopes as arbitraryEnvelopes } from "./samples.js";

type Protocol = "grpc" | "http/protobuf" | "http/json";

interface RelayAddresses {
  readonly grpc: string;
  readonly http: string;
}

const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const request = { ...ids, method: "GET", status_code: "200", uri: "https://a.example/b?c=d" };
const times = [1_700_000_000_000_000_001n, 1_700_000_000_000_000_002n] as const;

/** Arbitrary envelopes, and those that become spans and records of a trace. */
const envelopes: readonly Envelope[] = [
  ...arbitraryEnvelopes,
  timerEnvelope("http", ...times, { sourceId: "app", tags: { ...request, peer_type: "Server" } }),
  timerEnvelope("http", ...times, { tags: { ...request, peer_type: "Client" } }),
  timerEnvelope("other", ...times, { instanceId: "3", tags: ids }),
  logEnvelope("in a trace", { stream: "stdout", tags: ids }),
  eventEnvelope("deploy", "v42", { tags: { app_id: "guid", app_name: "shop" } }),
];

// The Collector decodes the requests of our exporter, encodes them again, and sends them to the
// emulator: an error on either side would show as a difference from a direct export.
describeInterop("the OpenTelemetry Collector", () => {
  let emulator: Emulator;
  let relay: Peer;
  let addresses: RelayAddresses;

  beforeAll(async () => {
    emulator = await startEmulator({ logger: null });
    relay = new Peer("otlp-relay");
    addresses = await relay.next<RelayAddresses>();
  });

  afterEach(() => {
    emulator.faults.clear();
    emulator.otlp.clear();
  });

  afterAll(async () => {
    await relay[Symbol.asyncDispose]();
    await emulator.close();
  });

  async function relayTo(protocol: Protocol, gzip = false): Promise<void> {
    relay.send({ address: emulator.otlp.httpAddress, protocol, gzip });
    for (;;) {
      if ("target" in (await relay.next<object>())) {
        return;
      }
    }
  }

  async function exportTo(to: OtlpExporterOptions): Promise<OtlpItem[]> {
    const exporter = new OtlpExporter({ logger: null, ...to });
    exporter.export(envelopes);
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ dropped: 0, rejected: 0, retries: 0 });
    await exporter.close();
    const { logs, metrics, spans } = emulator.otlp;
    emulator.otlp.clear();
    return [...logs, ...metrics, ...spans];
  }

  const ways: [string, () => OtlpExporterOptions, Protocol][] = [
    ["grpc", () => ({ address: addresses.grpc, tls: false }), "http/json"],
    ["http/protobuf", () => ({ url: `http://${addresses.http}` }), "grpc"],
    ["http/json", () => ({ url: `http://${addresses.http}`, encoding: "json" }), "http/protobuf"],
  ];
  describe.each<OtlpMode>(["semconv", "cf", "receiver"])("mode %s", (mode) => {
    test.each(
      ways.flatMap(([name, options, back]) =>
        [false, true].map((gzip) => [name, gzip ? " with gzip" : "", options, back, gzip] as const),
      ),
    )("%s%s is decoded correctly by the Collector", async (_name, _gzip, options, back, gzip) => {
      await relayTo(back, gzip);
      const compression = gzip ? "gzip" : "none";
      const direct = await exportTo({ url: emulator.otlp.url, mode });
      const relayed = await exportTo({ ...options(), mode, compression });
      expect(direct.length).toBeGreaterThan(50);
      expect(relayed.every(({ request }) => request.protocol === back)).toBe(true);
      expect(relayed.map(comparable)).toEqual(direct.map(comparable));
    });
  });

  test.each(Array.from({ length: 16 }, (_, index) => index + 1))(
    "the emulator refuses with the gRPC status %i as the Collector does",
    async (status) => {
      await relayTo("grpc");
      emulator.faults.otlp.refuse(status, { message: "no", retryAfterMs: 2_000 });
      const [ours, theirs] = await Promise.all(
        [emulator.otlp.httpAddress, addresses.http].map(async (address) => {
          const response = await fetch(`http://${address}/v1/logs`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}',
          });
          const { code, message } = (await response.json()) as { code: number; message: string };
          const retryAfter = response.headers.get("retry-after");
          return { status: response.status, retryAfter, code, message };
        }),
      );
      expect(ours).toEqual(theirs);
    },
  );

  test.each<[string, string, RequestInit]>([
    ["GET", "/v1/logs", {}],
    ["an unknown path", "/v1/profiles", { method: "POST" }],
    ["no content type", "/v1/logs", { method: "POST" }],
    ["malformed protobuf", "/v1/logs", post("application/x-protobuf", "\u00ff")],
    ["malformed JSON", "/v1/traces", post("application/json", "{")],
    ["an id in base64", "/v1/traces", post("application/json", span("S/kvNXezTaajzpKdDg5HNg=="))],
    ["an id with an odd number of digits", "/v1/traces", post("application/json", span("abc"))],
    ["malformed gzip", "/v1/logs", post("application/json", "{}", "gzip")],
    ["an unknown compression", "/v1/logs", post("application/json", "{}", "br")],
    ["an id of another length", "/v1/traces", post("application/json", span("abcd"))],
    ["an empty request", "/v1/metrics", post("application/json", "{}")],
    ["an empty protobuf request", "/v1/metrics", post("application/x-protobuf; a=b", "")],
  ])("%s has the status of the Collector", async (_name, path, init) => {
    const [ours, theirs] = await Promise.all(
      [emulator.otlp.httpAddress, addresses.http].map(async (address) => {
        const response = await fetch(`http://${address}${path}`, init);
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(ours).toBe(theirs);
  });
});

function post(type: string, body: string, encoding?: string): RequestInit {
  const headers = { "content-type": type, ...(encoding && { "content-encoding": encoding }) };
  return { method: "POST", headers, body };
}

function span(traceId: string): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId }] }] }] });
}

/** Omits fields that depend on the time or on the protocol of the request. */
function comparable(item: OtlpItem): object {
  const { request: _, ...rest } = item;
  if (rest.signal === "logs") {
    const { observedTimeUnixNano, ...log } = rest;
    return { ...log, isObserved: observedTimeUnixNano > 0n };
  }
  if (rest.signal === "metrics") {
    // The mode `receiver` has the time of the exporter's start.
    const { startTimeUnixNano: _, point, ...metric } = rest;
    return { ...metric, point: { ...point, startTimeUnixNano: 0n } };
  }
  return rest;
}
