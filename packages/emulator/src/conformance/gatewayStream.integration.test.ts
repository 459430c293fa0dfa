// Streams of the RLP gateway as docs/protocol.md describes them, one test for each fact.
import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  selectLog,
  timerEnvelope,
} from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayStream } from "../../testing/gatewayClient.js";
import { text } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterEach(async () => {
  vi.useRealTimers();
  await emulator.close();
});

describe("200 with content-type text/event-stream, then", () => {
  test("events `data: <EnvelopeBatch JSON>`", async () => {
    await using stream = await GatewayStream.open(emulator, "?log");
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    emulator.emit(logEnvelope("hello", { sourceId: "app", timestamp: 1n }));
    expect((await stream.next())?.text).toBe(
      'data: {"batch":[{"timestamp":"1","source_id":"app","instance_id":"","deprecated_tags":{},"tags":{},"log":{"payload":"aGVsbG8=","type":"ERR"}}]}',
    );
  });

  test("JSON is protojson with unpopulated fields emitted, as one event was received", async () => {
    await using stream = await GatewayStream.open(emulator, "?gauge");
    emulator.emit(
      gaugeEnvelope(
        { cpu: { value: Number.NaN, unit: "p" } },
        {
          timestamp: 1795363066942000000n,
          sourceId: "ts-app",
          instanceId: "0",
          tags: { deployment: "cf", origin: "x" },
        },
      ),
    );
    const received =
      '{"batch":[{"timestamp":"1795363066942000000", "source_id":"ts-app", "instance_id":"0", "deprecated_tags":{}, "tags":{"deployment":"cf", "origin":"x"}, "gauge":{"metrics":{"cpu":{"unit":"p", "value":"NaN"}}}}]}';
    expect(JSON.parse((await stream.next())?.data ?? "")).toEqual(JSON.parse(received));
  });

  test("int64 and uint64 as strings, bytes as base64, enums by name, NaN and infinities as strings", async () => {
    await using stream = await GatewayStream.open(emulator, "?log&counter&gauge&timer&event");
    emulator.emit(logEnvelope(Uint8Array.of(255, 0), { stream: "stdout", timestamp: -1n }));
    emulator.emit(counterEnvelope("c", { total: 2n ** 64n - 1n }));
    emulator.emit(
      gaugeEnvelope({
        up: { value: Number.POSITIVE_INFINITY, unit: "" },
        down: { value: Number.NEGATIVE_INFINITY, unit: "" },
      }),
    );
    emulator.emit(timerEnvelope("t", -(2n ** 63n), 0n));
    emulator.emit(eventEnvelope("", ""));
    const batch: unknown[] = [];
    while (batch.length < 5) {
      batch.push(...JSON.parse((await stream.next())?.data ?? "").batch);
    }
    expect(batch).toMatchObject([
      { timestamp: "-1", log: { payload: "/wA=", type: "OUT" } },
      { counter: { name: "c", delta: "0", total: "18446744073709551615" } },
      { gauge: { metrics: { up: { unit: "", value: "Infinity" }, down: { value: "-Infinity" } } } },
      { timer: { name: "t", start: "-9223372036854775808", stop: "0" } },
      { event: { title: "", body: "" } },
    ]);
  });

  test("after 15 s without data `event: heartbeat` with the unix seconds", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await using stream = await GatewayStream.open(emulator, "?log");
    vi.advanceTimersByTime(14_999);
    emulator.emit(logEnvelope("data"));
    expect((await stream.next())?.event).toBeUndefined();
    vi.advanceTimersByTime(14_999);
    emulator.emit(logEnvelope("more data"));
    expect((await stream.next())?.event).toBeUndefined();
    vi.advanceTimersByTime(15_000);
    const seconds = Date.now() / 1000;
    const { text } = (await stream.next()) ?? {};
    expect(text).toMatch(/^event: heartbeat\ndata: \d+$/);
    expect(Number(text?.slice("event: heartbeat\ndata: ".length))).toBeCloseTo(seconds, -1);
  });

  test("at the time limit, 14 min by default, `event: closing`, and the response ends", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using stream = await GatewayStream.open(emulator, "?log");
    vi.advanceTimersByTime(14 * 60_000 - 1);
    expect(emulator.stats.gatewayStreams).toBe(1);
    vi.advanceTimersByTime(1);
    expect((await stream.next())?.text).toBe("event: closing\ndata: closing due to stream timeout");
    expect(await stream.next()).toBeUndefined();
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
  });

  test("after `closing` a client reconnects immediately, without counting it as a failure", async () => {
    await emulator.close();
    emulator = await startEmulator({
      realism: "strict",
      logger: null,
      gateway: { streamTimeoutMs: 100 },
    });
    const failures: unknown[] = [];
    await using client = new RlpGatewayClient({
      url: emulator.gateway.url,
      token: "token",
      retry: { baseDelayMs: 1, maxAttempts: 0 },
      onRetryableError: (error) => failures.push(error),
    });
    const reading = client.stream({ selectors: [selectLog()] })[Symbol.asyncIterator]();
    const next = reading.next();
    for (const open of [1, 0, 1, 0, 1]) {
      await emulator.until(({ gatewayStreams }) => gatewayStreams === open);
    }
    // An envelope is not delivered if it is emitted while the stream ends, so it is repeated.
    const emitting = setInterval(() => emulator.emit(logEnvelope("hello")), 10);
    const { value } = await next;
    clearInterval(emitting);
    expect(value?.map(text)).toContain("hello");
    await reading.return?.();
    expect(failures).toEqual([]);
  });
});
