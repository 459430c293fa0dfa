import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { counterEnvelope, logEnvelope, logText, timerEnvelope } from "@loggregator/api";
import { Recorder, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import {
  exporterTo,
  logLines,
  numbered,
  type Request,
  startServer,
} from "../../../testing/otlpServer.js";
import type { OtlpExportError } from "../../errors.js";
import { toEnvelopes } from "../../mapping/toEnvelopes/toEnvelopes.js";
import { ExportLogsServiceRequest, ExportLogsServiceResponse } from "../../messages.js";

test("each signal is sent to its path, as protobuf", async () => {
  await using server = await startServer();
  const tags = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
  await using exporter = exporterTo(`${server.url}/base/`, { headers: { "Api-Key": "k" } });
  exporter.export([
    logEnvelope("a"),
    counterEnvelope("c"),
    timerEnvelope("t", 1n, 2n, { tags }),
    timerEnvelope("t", 1n, 2n),
    { ...logEnvelope("a"), message: undefined },
  ]);
  await exporter.flush();
  const paths = server.requests.values.map(({ path }) => path).sort();
  expect(paths).toEqual(["/base/v1/logs", "/base/v1/metrics", "/base/v1/traces"]);
  for (const { headers } of server.requests.values) {
    expect(headers).toMatchObject({ "content-type": "application/x-protobuf", "api-key": "k" });
  }
  expect(exporter.stats).toEqual({
    sent: 3,
    dropped: 0,
    skipped: 2,
    queued: 0,
    rejected: 0,
    retries: 0,
  });
});

test("requests can be JSON, and compressed", async () => {
  await using server = await startServer();
  await using exporter = exporterTo(server.url, { encoding: "json", compression: "gzip" });
  exporter.export(numbered(2));
  await exporter.flush();
  const [{ headers, body }] = server.requests.values as [Request];
  expect(headers).toMatchObject({ "content-type": "application/json", "content-encoding": "gzip" });
  const logs = ExportLogsServiceRequest.fromJSON(JSON.parse(gunzipSync(body).toString()));
  expect(toEnvelopes({ logs }).map((envelope) => logText(envelope as never))).toEqual([
    "line 0",
    "line 1",
  ]);
});

test("sends a batch when it is full, or old enough", async () => {
  await using server = await startServer();
  await using exporter = exporterTo(server.url, { batchMaxSize: 10, flushIntervalMs: 60_000 });
  exporter.export(numbered(25));
  await server.requests.count(2);
  await exporter.flush();
  expect(server.requests.values.map((request) => logLines([request]).length)).toEqual([10, 10, 5]);
  expect(logLines(server.requests.values)).toEqual(numbered(25).map((each) => logText(each)));
});

describe("failures", () => {
  test.each([429, 502, 503, 504])("a request is repeated after %i", async (status) => {
    await using server = await startServer((response, index) => {
      if (index < 2) {
        response.writeHead(status).end("not now");
      }
    });
    const errors: [OtlpExportError, number][] = [];
    await using exporter = exporterTo(server.url, {
      onRetryableError: (error, attempt) => errors.push([error, attempt]),
    });
    exporter.export(numbered(3));
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 3, dropped: 0, retries: 2 });
    expect(errors).toMatchObject([
      [{ name: "OtlpExportError", status, signal: "logs", retryable: true }, 1],
      [{ status }, 2],
    ]);
    expect(errors[0]?.[0].message).toContain(`the server answered ${status}: not now`);
    // All three attempts had the same body.
    expect(new Set(server.requests.values.map(({ body }) => body.toString("hex"))).size).toBe(1);
  });

  test("Retry-After is honoured", async () => {
    await using server = await startServer((response, index) => {
      if (index === 0) {
        response.writeHead(503, { "retry-after": "1" }).end();
      }
    });
    const delays: number[] = [];
    await using exporter = exporterTo(server.url, {
      onRetryableError: (_, __, delayMs) => delays.push(delayMs),
    });
    exporter.export(numbered(1));
    await exporter.flush();
    expect(delays).toEqual([1_000]);
  });

  test.each([400, 401, 403, 404, 413, 500, 302])(
    "a request is dropped after %i",
    async (status) => {
      await using server = await startServer((response, index) => {
        if (index === 0) {
          response.writeHead(status, { location: "/elsewhere" }).end();
        }
      });
      const dropped: number[] = [];
      await using exporter = exporterTo(server.url, {
        batchMaxSize: 3,
        onDropped: (count) => dropped.push(count),
      });
      exporter.export(numbered(5));
      await exporter.flush();
      expect(dropped).toEqual([3]);
      expect(exporter.stats).toMatchObject({ sent: 2, dropped: 3, queued: 0, retries: 0 });
      expect(server.requests.values).toHaveLength(2);
    },
  );

  test("partial success is counted and reported, and not repeated", async () => {
    const bytes = ExportLogsServiceResponse.encode({
      partialSuccess: { rejectedLogRecords: 2n, errorMessage: "too old" },
    }).finish();
    await using server = await startServer((response, index) => {
      if (index === 0) {
        response.setHeader("content-type", "application/x-protobuf").end(bytes);
      } else {
        response
          .setHeader("content-type", "application/json")
          .end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too new"}}');
      }
    });
    const rejected: [number, string][] = [];
    await using exporter = exporterTo(server.url, {
      onRejected: (count, message) => rejected.push([count, message]),
    });
    exporter.export(numbered(5));
    await exporter.flush();
    exporter.export(numbered(5));
    await exporter.flush();
    expect(rejected).toEqual([
      [2, "too old"],
      [1, "too new"],
    ]);
    expect(exporter.stats).toMatchObject({ sent: 10, rejected: 3, retries: 0 });
  });

  test("sends everything once the server is started", async () => {
    await using port = await reserveTcpPort();
    const failed = new Recorder<Error>();
    await using exporter = exporterTo(`http://${port.address}`, { onRetryableError: failed.add });
    exporter.export(numbered(100));
    await failed.count(2);
    expect(failed.values[0]?.message).toMatch(/ECONNREFUSED/);
    await using server = await startServer(undefined, port.port);
    await exporter.flush();
    expect(logLines(server.requests.values)).toEqual(numbered(100).map((each) => logText(each)));
  });

  test("a request fails if the server does not answer within timeoutMs", async () => {
    await using server = await startServer((response, index) => {
      if (index === 0) {
        response.on("hang", () => {});
      }
    });
    const failed = new Recorder<Error>();
    await using exporter = exporterTo(server.url, { timeoutMs: 50, onRetryableError: failed.add });
    exporter.export(numbered(1));
    await exporter.flush();
    expect(failed.values[0]?.message).toMatch(/no response within 50 ms/);
    expect(exporter.stats).toMatchObject({ sent: 1 });
  });

  test("retries end after maxAttempts", async () => {
    await using server = await startServer((response) => response.writeHead(503).end());
    await using exporter = exporterTo(server.url, { retry: { baseDelayMs: 1, maxAttempts: 2 } });
    exporter.export(numbered(4));
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 0, dropped: 4, retries: 2 });
  });

  test("headers never appear in errors and logs", async () => {
    const headers = { authorization: "Bearer s3cr3t-0123456789" };
    await using server = await startServer((response) =>
      response.writeHead(503).end("your key is s3cr3t-0123456789"),
    );
    const failed = new Recorder<Error>();
    await using exporter = exporterTo(server.url, {
      headers,
      closeTimeoutMs: 50,
      onRetryableError: failed.add,
    });
    exporter.export(numbered(1));
    await failed.count(1);
    expect(inspect(failed.values[0], { depth: Infinity })).not.toContain("s3cr3t");
    await exporter.close().catch(() => {});
  });
});
