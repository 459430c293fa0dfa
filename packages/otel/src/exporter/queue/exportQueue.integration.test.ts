import { type Envelope, logEnvelope, logText } from "@loggregator/api";
import { silentLogger } from "@loggregator/core";
import { recordProcessEvents, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import {
  exporterTo,
  logLines,
  numbered,
  startBlockedServer,
  startServer,
} from "../../../testing/otlpServer.js";
import { OtlpExportError } from "../../errors.js";

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
      expect.stringMatching(/^OTLP exporter .*: dropped 5 envelopes because the queue was full/),
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

  test("ready() waits for room, with any number of callers", async () => {
    await using server = await startBlockedServer();
    await using exporter = exporterTo(server.url, { maxQueueSize: 10, batchMaxSize: 2 });
    await exporter.ready();
    exporter.export(numbered(10));
    let ready = 0;
    const waits = Array.from({ length: 3 }, () =>
      exporter.ready().then(() => {
        ready++;
      }),
    );
    await server.requests.count(1);
    expect(ready).toBe(0);
    server.release();
    await Promise.all(waits);
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ queued: 0, dropped: 0 });
  });

  test("ready() waits for room in bytes", async () => {
    await using server = await startBlockedServer();
    await using exporter = exporterTo(server.url, { maxQueueBytes: 100_000, batchMaxSize: 1 });
    let isReady = false;
    const envelope = () => logEnvelope("x".repeat(20_000));
    exporter.export([envelope()]);
    await server.requests.count(1);
    exporter.export([envelope(), envelope(), envelope()]);
    const ready = exporter.ready().then(() => {
      isReady = true;
    });
    await new Promise(setImmediate);
    expect(isReady).toBe(false);
    server.release();
    await ready;
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 4, dropped: 0 });
  });

  test("flush() waits for envelopes exported before it, not for later ones", async () => {
    let later = () => {};
    await using server = await startServer(() => later());
    await using exporter = exporterTo(server.url, { batchMaxSize: 1, flushIntervalMs: 60_000 });
    later = () => exporter.export(numbered(1));
    exporter.export(numbered(3));
    await exporter.flush();
    expect(exporter.stats.sent).toBe(3);
  });

  test("flush() ends when its signal aborts, and keeps the queue", async () => {
    await using server = await startBlockedServer();
    await using exporter = exporterTo(server.url);
    exporter.export(numbered(3));
    const abort = new AbortController();
    const flushed = exporter.flush({ signal: abort.signal });
    await server.requests.count(1);
    abort.abort(new Error("enough"));
    await expect(flushed).rejects.toThrow("enough");
    await expect(exporter.flush({ signal: 1 as never })).rejects.toThrow(
      "signal must be an AbortSignal, got 1",
    );
    server.release();
    await exporter.flush({ signal: new AbortController().signal });
    expect(exporter.stats).toMatchObject({ sent: 3, dropped: 0 });
  });

  test("rejects all envelopes of a call if one has an invalid field", async () => {
    await using server = await startServer();
    await using exporter = exporterTo(server.url);
    const [valid, changed] = numbered(2) as [Envelope, Envelope];
    expect(() => exporter.export([valid, { ...valid, timestamp: Date.now() as never }])).toThrow(
      /^envelopes\[1\].timestamp must be a bigint \(UNIX nanoseconds\), got \d+$/,
    );
    expect(() => exporter.export(null as never)).toThrow("envelopes must be an array of envelopes");
    expect(exporter.stats).toMatchObject({ queued: 0, skipped: 0 });
    exporter.export([changed]);
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 1, dropped: 0 });
  });

  test("envelopes that become invalid while queued are dropped, and later ones are sent", async () => {
    await using server = await startServer();
    const errors: unknown[] = [];
    await using exporter = exporterTo(server.url, {
      logger: { ...silentLogger, error: (message) => errors.push(message) },
    });
    const envelopes = numbered(2);
    exporter.export(envelopes);
    Object.assign(envelopes[1] as Envelope, { timestamp: 5 });
    await exporter.flush();
    exporter.export(numbered(3));
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 3, dropped: 2, queued: 0 });
    expect(errors).toEqual([expect.stringMatching(/^cannot encode 2 envelopes as logs: /)]);
  });
});

describe("shutting down", () => {
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
