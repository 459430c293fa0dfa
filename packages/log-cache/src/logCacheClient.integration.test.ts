import { createServer, type ServerResponse } from "node:http";
import { counterEnvelope, gaugeEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { listen } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { gatewayClient, log, numbers, textsOf } from "../testing/follow.js";
import { LogCacheClient } from "./index.js";

const second = 1_000_000_000n;

describe("against the emulator", () => {
  test("reads by time, type, name and order", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    emulator.emit(log("1", 1n));
    emulator.emit(log("2", 2n));
    emulator.emit(counterEnvelope("requests", { sourceId: "a", timestamp: 3n }));
    emulator.emit(log("slash", 4n, "b/c d"));
    expect(textsOf(await client.read("a"))).toEqual(["1", "2"]);
    expect(await client.read("a", { types: ["counter", "event"] })).toHaveLength(1);
    expect(await client.read("a", { nameFilter: "^req" })).toHaveLength(1);
    expect(textsOf(await client.read("a", { endTime: 2n }))).toEqual(["1"]);
    expect(textsOf(await client.read("a", { startTime: 2n, limit: 1 }))).toEqual(["2"]);
    expect(
      (await client.read("a", { descending: true })).map(({ timestamp }) => timestamp),
    ).toEqual([3n, 2n, 1n]);
    expect(textsOf(await client.read("b/c d"))).toEqual(["slash"]);
    expect(await client.read("unknown")).toEqual([]);
    expect(emulator.logCache.crashes).toEqual([]);
  });

  test("recent returns the newest, oldest first, page by page", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    for (let i = 0; i < 3_000; i++) {
      // Groups of equal timestamps, which a page must not split.
      emulator.emit(log(i, BigInt(Math.floor(i / 7)) * 100_000n));
      emulator.emit(counterEnvelope("no", { sourceId: "a", timestamp: BigInt(i) * 70_001n }));
    }
    expect(textsOf(await client.recent("a", 2_500))).toEqual(numbers(3_000).slice(500));
    expect(textsOf(await client.recent("a", 3))).toEqual(["2997", "2998", "2999"]);
    expect(await client.recent("a", 2, { types: ["counter"] })).toHaveLength(2);
    expect(textsOf(await client.recent("a"))).toHaveLength(100);
    emulator.faults.logCache.limitResponses(5_000);
    expect(textsOf(await client.recent("a", 2_500))).toEqual(numbers(3_000).slice(500));
  });

  test("queries", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    for (let i = 0n; i < 10n; i++) {
      const metrics = { cpu: { value: Number(i), unit: "percentage" } };
      emulator.emit(gaugeEnvelope(metrics, { sourceId: "a", timestamp: i * second }));
    }
    // An envelope with exactly this timestamp is not included yet.
    const time = 10n * second;
    expect(await client.query("1 + 1", { time })).toEqual({
      resultType: "scalar",
      result: { timestamp: time, value: 2 },
    });
    expect(await client.query('cpu{source_id="a"}', { time })).toMatchObject({
      resultType: "vector",
      result: [{ metric: { source_id: "a" }, point: { timestamp: time, value: 9 } }],
    });
    expect(await client.query('cpu{source_id="a"} / 0', { time })).toMatchObject({
      result: [{ point: { value: Number.POSITIVE_INFINITY } }],
    });
    const { result } = await client.queryRange('cpu{source_id="a"}', {
      start: new Date(3_000),
      end: new Date(10_000),
      step: "3s",
    });
    expect(result[0]?.points).toEqual([
      { timestamp: 3n * second, value: 3 },
      { timestamp: 6n * second, value: 6 },
      { timestamp: 9n * second, value: 9 },
    ]);
    await expect(client.query("cpu")).rejects.toMatchObject({ status: 500, code: "internal" });
  });

  test("reads meta in both spellings, and info", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { admin: "all" } } });
    emulator.emit(log("1", 0n));
    await using gateway = gatewayClient(emulator);
    await using proxy = gatewayClient(emulator, { url: emulator.logCache.url, token: "admin" });
    const expected = new Map([
      ["a", { count: 1, expired: 0, oldestTimestamp: 0n, newestTimestamp: 0n }],
    ]);
    expect(await gateway.meta()).toEqual(expected);
    expect(await proxy.meta()).toEqual(expected);
    expect((await proxy.info()).version).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("repeats a request whose token is refused once after UAA's keys were replaced", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { admin: "all" } } });
    emulator.emit(log("1", 1n));
    const { url } = emulator.logCache;
    await using client = gatewayClient(emulator, { url, token: "admin" });
    await client.read("a");
    emulator.faults.logCache.replaceKeys();
    expect(textsOf(await client.read("a"))).toEqual(["1"]);
    await using wrong = gatewayClient(emulator, { url, token: "wrong" });
    await expect(wrong.read("a")).rejects.toMatchObject({ status: 404, retryable: false });
  });

  test("info needs no token", async () => {
    await using emulator = await startEmulator();
    const token = () => Promise.reject(new Error("UAA is down"));
    await using client = gatewayClient(emulator, { url: emulator.logCache.url, token });
    expect((await client.info()).version).toMatch(/^\d+\.\d+\.\d+/);
    await expect(client.meta()).rejects.toMatchObject({ name: "TokenError" });
  });

  test("fromEnv reads the environment", async () => {
    expect(() => LogCacheClient.fromEnv()).toThrow("LOGGREGATOR_LOG_CACHE_URL");
    expect(() => LogCacheClient.fromEnv(null as never)).toThrow("options must be an object");
    await using emulator = await startEmulator();
    process.env["LOGGREGATOR_LOG_CACHE_URL"] = emulator.logCache.gatewayUrl;
    try {
      await using client = LogCacheClient.fromEnv({ logger: null });
      expect(await client.read("a")).toEqual([]);
    } finally {
      delete process.env["LOGGREGATOR_LOG_CACHE_URL"];
    }
  });
});

describe("errors", () => {
  async function failure(
    answer: (response: ServerResponse) => void,
    options: object = {},
  ): Promise<Error> {
    await using at = await listen(createServer((_, response) => answer(response)));
    await using client = new LogCacheClient({
      url: `http://${at.address}`,
      logger: null,
      ...options,
    });
    return await client.read("a").then(
      () => new Error("no error"),
      (error: Error) => error,
    );
  }

  test("explains an empty 404 after one attempt with a fresh token", async () => {
    const calls: boolean[] = [];
    const token = ({ refresh }: { refresh: boolean }) => {
      calls.push(refresh);
      return "secret-token";
    };
    const error = await failure((response) => response.writeHead(404).end(), { token });
    expect(error).toMatchObject({ status: 404, body: "", retryable: false });
    expect(error.message).toContain(
      "The token is missing, expired, or not authorized for this source",
    );
    expect(calls).toEqual([false, true]);
  });

  test("repeats a refused request once with a static token, and never without a token", async () => {
    let requests = 0;
    const refuse = (response: ServerResponse) => {
      requests++;
      response.writeHead(404).end();
    };
    expect(await failure(refuse, { token: "wrong" })).toMatchObject({ status: 404 });
    expect(requests).toBe(2);
    expect(await failure(refuse)).toMatchObject({ status: 404 });
    expect(requests).toBe(3);
    const other = (response: ServerResponse) => {
      requests++;
      response.writeHead(404).end("404 page not found");
    };
    expect(await failure(other, { token: "wrong" })).toMatchObject({ status: 404 });
    expect(requests).toBe(4);
  });

  test("the token appears in no error", async () => {
    const token = "secret-token-0123456789";
    const error = await failure(
      (response) => response.writeHead(500).end(`{"message":"bad ${token}","code":13}`),
      { token },
    );
    expect(error.message).not.toContain(token);
    expect((error as { body?: string }).body).not.toContain(token);
    const invalid = await failure((response) => response.end(`${token}`), { token });
    expect(invalid.name).toBe("InvalidResponseError");
    expect(invalid.message).not.toContain(token);
  });

  test.each<[string, (response: ServerResponse) => void, object]>([
    [
      "429 without a body of log-cache is a rate limit",
      (response) => response.writeHead(429, { "retry-after": "7" }).end(),
      { status: 429, tooLarge: false, retryable: true, retryAfterMs: 7_000 },
    ],
    [
      "a redirect",
      (response) => response.writeHead(302, { location: "https://login.example/?a=b" }).end(),
      { status: 302, retryable: false },
    ],
    [
      "the router's 404",
      (response) => response.writeHead(404, { "x-cf-routererror": "unknown_route" }).end("404"),
      { status: 404, routerError: "unknown_route", retryable: true },
    ],
    [
      "a page instead of JSON",
      (response) => response.end("<html>"),
      { name: "InvalidResponseError" },
    ],
    ["an array", (response) => response.end("[]"), { name: "InvalidResponseError" }],
    [
      "an incomplete answer",
      (response) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
        setImmediate(() => response.destroy());
      },
      { name: "LogCacheConnectionError", retryable: true },
    ],
  ])("%s", async (_, answer, expected) => {
    expect(await failure(answer)).toMatchObject(expected);
  });

  test("reports a server that does not answer in time, and an unreachable one", async () => {
    const slow = await failure(() => {}, { timeoutMs: 20 });
    expect(slow).toMatchObject({ name: "LogCacheConnectionError" });
    expect(slow.message).toContain("no answer within 20 ms");
    const at = await listen(createServer());
    await at[Symbol.asyncDispose]();
    await using client = new LogCacheClient({ url: `http://${at.address}`, logger: null });
    await expect(client.read("a")).rejects.toMatchObject({
      name: "LogCacheConnectionError",
      retryable: true,
    });
  });

  test("rejects an aborted request with the signal's reason", async () => {
    const reason = new Error("enough");
    const client = new LogCacheClient({ url: "http://127.0.0.1:1" });
    await expect(client.read("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test("accepts responses with unknown fields, or without envelopes", async () => {
  const bodies = [
    '{ "envelopes" : null }',
    "{}",
    '{"envelopes":{"batch":[{"timestamp":"5"}]},"x":1}',
  ];
  await using at = await listen(createServer((_, response) => response.end(bodies.shift())));
  await using client = new LogCacheClient({ url: `http://${at.address}`, logger: null });
  expect(await client.read("a")).toEqual([]);
  expect(await client.read("a")).toEqual([]);
  expect(await client.read("a")).toMatchObject([{ timestamp: 5n }]);
});
