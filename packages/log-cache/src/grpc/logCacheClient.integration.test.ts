import { type Envelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { writeCertificates } from "@loggregator/testing/certificates";
import { describe, expect, test, vi } from "vitest";
import { collect, log, numbers, textsOf } from "../../testing/follow.js";
import { LogCacheClient } from "./index.js";

const second = 1_000_000_000n;

test("has the same methods over gRPC", async () => {
  await using emulator = await startEmulator();
  const { address } = emulator.logCache;
  await using client = new LogCacheClient({ address, tls: emulator.tls.logCache, logger: null });
  await client.send([]);
  await client.send(Array.from({ length: 1_500 }, (_, i) => log(i, BigInt(i + 1) * 10_000n)));
  const metrics = { cpu: { value: 5, unit: "percentage" } };
  await client.send([gaugeEnvelope(metrics, { sourceId: "b", timestamp: 9n * second })]);

  expect(textsOf(await client.read("a", { limit: 2, descending: true }))).toEqual(["1499", "1498"]);
  expect(textsOf(await client.recent("a", 1_200))).toEqual(numbers(1_500).slice(300));
  expect(textsOf(await collect(client, 1_500))).toEqual(numbers(1_500));
  expect((await client.meta()).get("a")).toMatchObject({ count: 1_500, expired: 0 });
  const time = 10n * second;
  expect(await client.query('cpu{source_id="b"}', { time })).toMatchObject({
    resultType: "vector",
    result: [{ metric: { source_id: "b" }, point: { timestamp: time, value: 5 } }],
  });
  expect(await client.query("2", { time })).toEqual({
    resultType: "scalar",
    result: { timestamp: time, value: 2 },
  });
  expect(
    await client.queryRange('cpu{source_id="b"}', { start: time, end: time, step: 1_000 }),
  ).toMatchObject({ result: [{ points: [{ timestamp: time, value: 5 }] }] });
  await expect(client.query("cpu")).rejects.toMatchObject({ name: "LogCacheCallError" });
  expect(emulator.logCache.crashes).toEqual([]);
});

test("fromEnv reads the environment, and options take precedence", async () => {
  await using emulator = await startEmulator();
  await using files = await writeCertificates(emulator.tls.logCache);
  const { address } = emulator.logCache;
  const options = { address: undefined as never, tls: emulator.tls.logCache, logger: null };
  try {
    expect(() => LogCacheClient.fromEnv()).toThrow(
      "the environment variable LOGGREGATOR_LOG_CACHE_ADDRESS must be",
    );
    vi.stubEnv("LOGGREGATOR_LOG_CACHE_ADDRESS", address);
    await using client = LogCacheClient.fromEnv(options);
    expect(await client.read("a")).toEqual([]);
    expect(() => LogCacheClient.fromEnv()).toThrow("LOGGREGATOR_CA_PATH must be the path of");
    vi.stubEnv("LOGGREGATOR_CA_PATH", files.caPath);
    vi.stubEnv("LOGGREGATOR_CERT_PATH", files.certPath);
    vi.stubEnv("LOGGREGATOR_KEY_PATH", files.keyPath);
    await using other = LogCacheClient.fromEnv({ logger: null });
    expect(await other.read("a")).toEqual([]);
    expect(() => LogCacheClient.fromEnv(null as never)).toThrow("options must be an object");
  } finally {
    vi.unstubAllEnvs();
  }
});

describe("send", () => {
  test.each<[string, unknown, object]>([
    ["null", null, { name: "TypeError", option: "envelope", received: "null" }],
    ["a string", "x", { name: "TypeError", option: "envelope", received: '"x"' }],
    ["a time as text", { timestamp: "a" }, { name: "TypeError", option: "timestamp" }],
    ["a time beyond int64", { timestamp: 2n ** 70n }, { name: "RangeError", option: "timestamp" }],
  ])("rejects %s at the call", async (_, envelope, fault) => {
    const tls = () => Promise.reject(new Error("no connection is needed"));
    await using client = new LogCacheClient({ address: "127.0.0.1:1", tls, logger: null });
    expect(() => client.send([log(1, 1n), envelope as Envelope])).toThrow(
      expect.objectContaining(fault),
    );
  });

  test("rejects a request that is too large, and advises to send less", async () => {
    await using emulator = await startEmulator();
    const { address } = emulator.logCache;
    await using client = new LogCacheClient({
      address,
      tls: emulator.tls.logCache,
      logger: null,
      channelOptions: { "grpc.max_send_message_length": 1_000 },
    });
    const sent = client.send([logEnvelope(new Uint8Array(2_000), { sourceId: "a" })]);
    await expect(sent).rejects.toMatchObject({
      name: "LogCacheCallError",
      tooLarge: true,
      retryable: false,
      message: expect.stringMatching(/^cannot store .*; send fewer envelopes per call$/),
    });
  });
});

test("survives a restart", async () => {
  await using emulator = await startEmulator();
  const { address } = emulator.logCache;
  const retry = { baseDelayMs: 1, maxDelayMs: 10 };
  await using client = new LogCacheClient({
    address,
    tls: emulator.tls.logCache,
    logger: null,
    retry,
  });
  await client.send(Array.from({ length: 600 }, (_, i) => log(i, BigInt(i + 1) * 10_000n)));
  expect(textsOf(await collect(client, 600))).toEqual(numbers(600));

  const stream = client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2 });
  await stream.next();
  const next = stream.next();
  emulator.faults.logCache.server.stop();
  await expect.poll(() => client.stats.retries).toBeGreaterThan(1);
  emulator.faults.logCache.server.start();
  await client.send([log("after", second)]);
  expect(textsOf((await next).value ?? [])).toEqual(["after"]);
  await stream.return?.();
});

test("without a server, calls fail with a retryable error", async () => {
  const emulator = await startEmulator();
  await emulator.close();
  const { address } = emulator.logCache;
  await using client = new LogCacheClient({ address, tls: emulator.tls.logCache, logger: null });
  await expect(client.read("a")).rejects.toMatchObject({
    name: "LogCacheCallError",
    retryable: true,
    cause: { name: "ConnectionError" },
  });
});
