import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import {
  counterEnvelope,
  type Envelope,
  logEnvelope,
  logText,
  timerEnvelope,
} from "@loggregator/api";
import { listen, Recorder, recordProcessEvents, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { OtlpExportError } from "../errors.js";
import { toEnvelopes } from "../mapping/toEnvelopes.js";
import { ExportLogsServiceRequest, ExportLogsServiceResponse } from "../messages.js";
import type { OtlpExporterOptions } from "./options.js";
import { OtlpExporter } from "./otlpExporter.js";

interface Request {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An OTLP/HTTP server. Requests without an answer of the test are accepted. */
async function startServer(
  answer: (response: ServerResponse, index: number) => unknown = () => {},
  port = 0,
) {
  const requests = new Recorder<Request>();
  let index = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    answer(response, index++);
    if (!response.writableEnded && response.listenerCount("hang") === 0) {
      response.end();
    }
    requests.add({ path: request.url ?? "", headers: request.headers, body });
  });
  const listening = await listen(server, { port, host: "127.0.0.1" });
  return {
    requests,
    url: `http://${listening.address}`,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

const fast = { flushIntervalMs: 5, retry: { baseDelayMs: 5 }, logger: null } as const;

function exporterTo(url: string, options: Partial<OtlpExporterOptions> = {}): OtlpExporter {
  return new OtlpExporter({ url, ...fast, ...options });
}

function numbered(count: number, from = 0): Envelope[] {
  return Array.from({ length: count }, (_, i) =>
    logEnvelope(`line ${from + i}`, { sourceId: "a" }),
  );
}

function logLines(requests: readonly Request[]): string[] {
  return requests
    .filter(({ path }) => path.endsWith("/v1/logs"))
    .flatMap(({ body }) => toEnvelopes({ logs: ExportLogsServiceRequest.decode(body) }))
    .map((envelope) => logText(envelope as never));
}

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

test("batches have a size and an age", async () => {
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

  test("Retry-After is honored", async () => {
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

  test("everything is sent when a server appears that was missing", async () => {
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

  test("a server that does not answer is given up after timeoutMs", async () => {
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

  test("headers are secret", async () => {
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

describe("the queue", () => {
  test("drops the oldest envelopes if it is full", async () => {
    await using server = await startServer();
    const dropped: number[] = [];
    await using exporter = exporterTo(server.url, {
      maxQueueSize: 10,
      flushIntervalMs: 60_000,
      onDropped: (count) => dropped.push(count),
    });
    exporter.export(numbered(15));
    expect(exporter.stats).toMatchObject({ queued: 10, dropped: 5 });
    await exporter.flush();
    expect(logLines(server.requests.values)).toEqual(numbered(10, 5).map((each) => logText(each)));
    expect(dropped).toEqual([5]);
  });

  test("reports the first drops as a warning if there is neither a logger nor onDropped", async () => {
    using process = recordProcessEvents();
    await using server = await startServer();
    await using exporter = exporterTo(server.url, {
      maxQueueSize: 10,
      flushIntervalMs: 60_000,
      logger: undefined,
    });
    exporter.export(numbered(15));
    await exporter.flush();
    await process.settled();
    expect(process.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^OTLP exporter .*: dropped 5 envelopes, as the queue was full/),
    ]);
  });

  test("is bounded in bytes", async () => {
    await using server = await startServer();
    await using exporter = exporterTo(server.url, {
      maxQueueBytes: 100_000,
      flushIntervalMs: 60_000,
    });
    exporter.export(Array.from({ length: 10 }, () => logEnvelope("x".repeat(30_000))));
    expect(exporter.stats).toMatchObject({ queued: 3, dropped: 7 });
  });

  test("ready() waits for room", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await startServer((response) => {
      response.on("hang", () => {});
      released.then(() => response.end());
    });
    await using exporter = exporterTo(server.url, { maxQueueSize: 10, batchMaxSize: 5 });
    await exporter.ready();
    exporter.export(numbered(10));
    exporter.export(numbered(1));
    let isReady = false;
    const ready = exporter.ready().then(() => {
      isReady = true;
    });
    await server.requests.count(1);
    expect(isReady).toBe(false);
    release();
    await ready;
    await exporter.flush();
    expect(exporter.stats.queued).toBe(0);
  });
});

describe("the end", () => {
  test("close() sends the queue, and later envelopes are dropped", async () => {
    await using server = await startServer();
    const exporter = exporterTo(server.url, { flushIntervalMs: 60_000 });
    const types: string[] = [];
    const watching = (async () => {
      for await (const { type } of exporter.status()) {
        types.push(type);
      }
    })();
    exporter.export(numbered(5));
    await exporter.close();
    await exporter.close();
    exporter.export(numbered(1));
    await watching;
    expect(types).toEqual(["idle", "open", "closed"]);
    expect(exporter.stats).toMatchObject({ sent: 5, dropped: 1, queued: 0 });
  });

  test("close() rejects if envelopes were dropped", async () => {
    await using port = await reserveTcpPort();
    const exporter = exporterTo(`http://${port.address}`, { closeTimeoutMs: 50 });
    exporter.export(numbered(5));
    const error = await exporter.close().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OtlpExportError);
    expect((error as Error).message).toMatch(
      /^5 envelopes were dropped while closing \(last error: cannot export logs to .*ECONNREFUSED/,
    );
    expect(exporter.stats).toMatchObject({ sent: 0, dropped: 5, queued: 0 });
  });

  test("an abort drops the queue", async () => {
    await using server = await startServer();
    const abort = new AbortController();
    const exporter = exporterTo(server.url, { signal: abort.signal, flushIntervalMs: 60_000 });
    exporter.export(numbered(5));
    abort.abort();
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 0, dropped: 5, queued: 0 });
    expect(server.requests.values).toEqual([]);
  });
});
