import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { counterEnvelope, gaugeEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { listen, Recorder, reserveTcpPort } from "@loggregator/testing";
import { createCertificates, writeCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import { EnvironmentFile } from "../../emulate/environmentFile.js";
import { parseDestination } from "./destination.js";
import type { DestinationOptions } from "./destinationOptions.js";
import { openSink } from "./openSink.js";

const ids = { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };
const envelopes = [
  logEnvelope("hello", { sourceId: "app" }),
  counterEnvelope("requests", { total: 7n, sourceId: "app", tags: { job: "web" } }),
  gaugeEnvelope({ cpu: { value: 1, unit: "percentage" } }, { sourceId: "app" }),
  timerEnvelope("http", 1n, 2n, { sourceId: "app", tags: ids }),
  timerEnvelope("http", 1n, 2n, { sourceId: "app" }),
];

async function open(url: string, options: DestinationOptions, signal: AbortSignal) {
  return await openSink(parseDestination(url), options, { signal, say: () => {} });
}

const never = new AbortController().signal;

test("exports logs, metrics and traces over HTTP, gRPC and gRPC with mutual TLS", async () => {
  await using emulator = await startEmulator();
  const folder = await mkdtemp(join(tmpdir(), "loggregator-sinks-"));
  const file = await EnvironmentFile.prepare(join(folder, "test.env"));
  await file.write({}, emulator.tls.ingress);
  const certificates = {
    toCa: `${file.path}.certs/ca.crt`,
    toCert: `${file.path}.certs/client.crt`,
    toKey: `${file.path}.certs/client.key`,
  };
  const { otlp } = emulator;
  for (const [url, options] of [
    [`otlp://${otlp.httpAddress}`, {}],
    [`otlp-grpc://${otlp.httpAddress}`, { gzip: true }],
    [`otlps-grpc://${otlp.address}`, { ...certificates, toServerName: "otel-collector" }],
  ] as const) {
    otlp.clear();
    const sink = await open(url, options, never);
    // A timer without the ids of a span cannot be represented.
    expect(await sink.send(envelopes)).toEqual({ sent: 4, refused: 0, unsupported: 1 });
    expect(sink).toMatchObject({ failure: undefined, retries: 0, rejected: 0 });
    await sink.close();
    expect(otlp.logs).toMatchObject([{ body: "hello" }]);
    expect(otlp.metrics.map(({ name }) => name).sort()).toEqual(["cpu", "requests"]);
    expect(otlp.spans).toMatchObject([{ traceId: ids.trace_id }]);
  }
  await rm(folder, { recursive: true });
});

test("exports over HTTPS with a client certificate", async () => {
  const { server, client } = await createCertificates({
    commonName: "localhost",
    altNames: ["127.0.0.1"],
  });
  await using files = await writeCertificates(client);
  const names = new Recorder<string>();
  await using listening = await listen(
    createServer({ ...server, requestCert: true }, (request, response) => {
      names.add((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      request.resume().on("end", () => response.end());
    }),
  );
  const { caPath: toCa, certPath: toCert, keyPath: toKey } = files;
  const url = `otlps://${listening.address}`;
  const sink = await open(url, { toCa, toCert, toKey }, never);
  expect(await sink.send(envelopes.slice(0, 1))).toEqual({ sent: 1, refused: 0, unsupported: 0 });
  expect(names.values).toEqual(["client"]);
  await sink.close();
  await expect(open(url, { toCert: toCa, toKey }, never)).rejects.toThrow(
    "--to-cert and --to-key cannot be used: ",
  );
});

test("exports as the Collector's receiver does, with attributes on the resource", async () => {
  await using emulator = await startEmulator();
  const { otlp } = emulator;
  const options = { otlpMode: "receiver", otlpResourceAttributes: true } as const;
  const sink = await open(`otlp://${otlp.httpAddress}`, options, never);
  await sink.send(envelopes.slice(0, 2));
  await sink.send(envelopes.slice(0, 2));
  await sink.close();
  expect(otlp.metrics).toHaveLength(2);
  for (const { resource, attributes } of otlp.metrics) {
    expect(resource.attributes).toEqual({
      "org.cloudfoundry.job": "web",
      "org.cloudfoundry.source_id": "app",
    });
    expect(attributes).toEqual({});
  }
});

test("serves counters and gauges to Prometheus", async () => {
  await using port = await reserveTcpPort();
  const options = { label: ["job"], metricPrefix: "cf_", maxSeries: 1 };
  const sink = await open(`prometheus://${port.address}`, options, never);
  expect(await sink.send(envelopes)).toEqual({ sent: 1, refused: 1, unsupported: 3 });
  const metrics = await (await fetch(`http://${port.address}/metrics`)).text();
  expect(metrics).toContain('cf_requests_total{job="web",source_id="app"} 7\n');
  await expect(open(`prometheus://${port.address}`, {}, never)).rejects.toThrow(
    "--to: cannot listen: the port is taken; choose another address",
  );
  await sink.close();
});

test.each(["otlp", "otlp-grpc", "syslog", "http-batch"])(
  "over %s, an abort ends a batch that cannot be delivered",
  async (scheme) => {
    await using port = await reserveTcpPort();
    const abort = new AbortController();
    const sink = await open(`${scheme}://${port.address}`, {}, abort.signal);
    const sending = sink.send(envelopes.slice(0, 3));
    while (sink.retries === 0) {
      await new Promise(setImmediate);
    }
    expect(sink.failure?.message).toMatch(/refused/i);
    abort.abort();
    expect(await sending).toEqual({ sent: 0, refused: 3, unsupported: 0 });
    await sink.close();
  },
);

test("gives up after --max-attempts", async () => {
  await using port = await reserveTcpPort();
  const sink = await open(`otlp://${port.address}`, { maxAttempts: 2 }, never);
  const outcome = await sink.send(envelopes.slice(0, 1));
  expect(outcome).toEqual({ sent: 0, refused: 1, unsupported: 0 });
  expect(sink.retries).toBe(1);
  await sink.close();
});
