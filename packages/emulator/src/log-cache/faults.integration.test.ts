import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { Status } from "nice-grpc";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  envelopesOf,
  getGateway,
  getProxy,
  LogCacheClients,
  logsOf,
} from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

const empty = '{"envelopes":{"batch":[]}}\n';
const read = (emulator: Emulator, query = "") => getGateway(emulator, `/api/v1/read/a${query}`);

describe("node", () => {
  test("its sources are empty in reads, queries and meta, and sent envelopes are lost", async () => {
    await using emulator = await startEmulator();
    using clients = new LogCacheClients(emulator);
    const { logCache } = emulator.faults;
    await clients.send(logEnvelope("before", { sourceId: "a" }));
    logCache.node.stop();
    await clients.send(logEnvelope("lost", { sourceId: "a" }));
    expect(await read(emulator)).toMatchObject({ status: 200, body: empty });
    const query = encodeURIComponent('cpu{source_id="a"}');
    expect(JSON.parse((await getGateway(emulator, `/api/v1/query?query=${query}`)).body)).toEqual({
      status: "success",
      data: { resultType: "vector", result: [] },
    });
    expect((await getGateway(emulator, "/api/v1/meta")).body).toBe('{"meta":{}}\n');
    logCache.node.start();
    expect((await read(emulator)).body).toBe(empty);
    await clients.send(logEnvelope("after", { sourceId: "a", timestamp: 1n }));
    expect(logsOf(await read(emulator))).toEqual(["after"]);
  });
});

describe("server", () => {
  test("the gateway answers 503 and the auth proxy passes it on; gRPC connections are reset", async () => {
    await using emulator = await startEmulator();
    const { logCache } = emulator.faults;
    emulator.emit(logEnvelope("before", { sourceId: "a", timestamp: 1n }));
    logCache.server.stop();
    const answer = await read(emulator);
    expect(answer.status).toBe(503);
    expect(answer.body).toMatch(
      /^\{"code":14, "message":"connection error: desc = \\"transport: Error while dialing: dial tcp .*: connect: connection refused\\"", "details":\[\]\}\n$/,
    );
    expect((await getProxy(emulator, "/api/v1/read/a", "any")).status).toBe(503);
    expect((await getProxy(emulator, "/api/v1/meta", "any")).status).toBe(502);
    const path = `/api/v1/query?query=${encodeURIComponent('cpu{source_id="a"}')}`;
    const failed = await getGateway(emulator, path);
    expect([failed.status, JSON.parse(failed.body)]).toMatchObject([
      503,
      { status: "error", errorType: "internal" },
    ]);
    using clients = new LogCacheClients(emulator);
    await expect(clients.egress.meta({})).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    logCache.server.start();
    expect(await read(emulator)).toMatchObject({ status: 200, body: empty });
  });
});

test("limitResponses answers 429 for larger responses, until a smaller limit fits", async () => {
  await using emulator = await startEmulator();
  for (let i = 1; i <= 100; i += 1) {
    emulator.emit(logEnvelope("x".repeat(100), { sourceId: "a", timestamp: BigInt(i * 10) }));
  }
  emulator.faults.logCache.limitResponses(5000);
  expect((await read(emulator)).status).toBe(429);
  expect(envelopesOf(await read(emulator, "?limit=25"))).toHaveLength(25);
  emulator.faults.clear();
  expect(envelopesOf(await read(emulator))).toHaveLength(100);
});

test("delayArrivals makes envelopes arrive late, ordered by timestamp", async () => {
  await using emulator = await startEmulator();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { logCache } = emulator.faults;
  logCache.delayArrivals(({ timestamp }) => (timestamp === 2n ? 30 : 0));
  for (const timestamp of [1n, 2n, 3n]) {
    emulator.emit(logEnvelope(String(timestamp), { sourceId: "a", timestamp }));
  }
  vi.advanceTimersByTime(29);
  expect(logsOf(await read(emulator))).toEqual(["1", "3"]);
  vi.advanceTimersByTime(1);
  expect(logsOf(await read(emulator))).toEqual(["1", "2", "3"]);
});

test("skewClock changes the server's time and the header date", async () => {
  await using emulator = await startEmulator();
  const hour = 3_600_000;
  const timestamp = BigInt(Date.now() + hour / 2) * 1_000_000n;
  emulator.emit(logEnvelope("ahead", { sourceId: "a", timestamp }));
  expect((await read(emulator)).body).toBe(empty);
  emulator.faults.logCache.skewClock(hour);
  expect(logsOf(await read(emulator))).toEqual(["ahead"]);
  const { headers } = await fetch(`${emulator.logCache.gatewayUrl}/api/v1/info`);
  const skew = Date.parse(headers.get("date") ?? "") - Date.now();
  expect(Math.abs(skew - hour)).toBeLessThan(60_000);
});

test("delay and dropConnections work as for other endpoints", async () => {
  await using emulator = await startEmulator();
  emulator.faults.logCache.delay(20);
  const before = performance.now();
  expect((await read(emulator)).status).toBe(200);
  expect(performance.now() - before).toBeGreaterThan(15);
  emulator.faults.logCache.stopReading();
  const hanging = read(emulator);
  hanging.catch(() => {});
  emulator.faults.clear();
  expect((await hanging).status).toBe(200);
  emulator.faults.logCache.stopReading();
  const dropped = read(emulator);
  emulator.faults.dropConnections();
  emulator.faults.clear();
  await dropped.catch(() => {});
  expect((await read(emulator)).status).toBe(200);
});

test.for([
  ["limitResponses", 0],
  ["limitResponses", 1.5],
  ["delayArrivals", -1],
  ["delayArrivals", "x"],
  ["skewClock", Number.NaN],
] as const)("%s(%s) is refused", async ([fault, value]) => {
  await using emulator = await startEmulator();
  const call = emulator.faults.logCache[fault] as (value: unknown) => void;
  expect(() => call(value)).toThrow(/must be/);
});

test.for([
  [{ path: "udp" }, 'logCache.path must be "direct" or "syslog", got "udp"'],
  [{ maxPerSource: 0 }, "logCache.maxPerSource must be a positive integer, got 0"],
  [{ apps: { a: "guid" } }, 'logCache.apps["a"] must be an array of GUIDs, got "guid"'],
  [{ maxPerSources: 1 }, /unknown option logCache\.maxPerSources|maxPerSource/],
  [{ cors: "x" }, /logCache\.cors must be/],
] as const)("the option %o is refused", async ([logCache, message]) => {
  await expect(startEmulator({ logCache: logCache as never })).rejects.toThrow(message);
});

test("counts expired envelopes", async () => {
  await using emulator = await startEmulator({ logCache: { maxPerSource: 2 } });
  for (let i = 1; i <= 5; i += 1) {
    const metrics = { cpu: { value: i, unit: "" } };
    emulator.emit(gaugeEnvelope(metrics, { sourceId: "a", timestamp: BigInt(i) }));
  }
  const { body } = await getGateway(emulator, "/api/v1/meta");
  expect(JSON.parse(body).meta.a).toEqual({
    count: "2",
    expired: "3",
    oldest_timestamp: "4",
    newest_timestamp: "5",
  });
});
