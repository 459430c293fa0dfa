import { logEnvelope, logText } from "@loggregator/api";
import { recordProcessEvents, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { exporterTo, logLines, numbered, startServer } from "../../testing/otlpServer.js";
import { OtlpExportError } from "../errors.js";

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
