// The behaviour of real servers after an outage: see "Log-cache" in docs/protocol.md.
import { logEnvelope } from "@loggregator/api";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { getGateway, getProxy, LogCacheClients, logsOf } from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

const read = (emulator: Emulator) => getGateway(emulator, "/api/v1/read/a");
const statuses = async (emulator: Emulator) => [
  (await read(emulator)).status,
  (await getGateway(emulator, "/api/v1/meta")).status,
  (await getProxy(emulator, "/api/v1/read/a", "any")).status,
  (await getProxy(emulator, "/api/v1/meta", "any")).status,
];
const sources = async (emulator: Emulator) =>
  Object.keys(JSON.parse((await getGateway(emulator, "/api/v1/meta")).body).meta);

/** Makes outages depend on `vi.advanceTimersByTime` only. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe("the gateway", () => {
  test("answers 503 until its next attempt to connect, while gRPC works", async () => {
    stopClock();
    await using emulator = await startEmulator({ logCache: { gatewayBackoffMs: 1_000 } });
    const { server } = emulator.faults.logCache;
    server.stop();
    vi.advanceTimersByTime(1_100);
    server.start();
    using clients = new LogCacheClients(emulator);
    await clients.send(logEnvelope("after", { sourceId: "a", timestamp: 1n }));
    expect((await clients.egress.meta({})).meta).toHaveProperty("a");
    expect(await statuses(emulator)).toEqual([503, 503, 503, 502]);
    vi.advanceTimersByTime(1_499);
    expect((await read(emulator)).body).toContain('"code":14, "message":"connection error: desc');
    vi.advanceTimersByTime(1);
    expect(await statuses(emulator)).toEqual([200, 200, 200, 200]);
    expect(logsOf(await read(emulator))).toEqual(["after"]);
  });

  test("connects at once after clear", async () => {
    stopClock();
    await using emulator = await startEmulator({ logCache: { gatewayBackoffMs: 1_000 } });
    emulator.faults.logCache.server.stop();
    vi.advanceTimersByTime(100);
    emulator.faults.logCache.clear();
    expect((await read(emulator)).status).toBe(200);
  });
});

describe("a restarted node", () => {
  test("is read at once, and listed in meta after a delay", async () => {
    stopClock();
    await using emulator = await startEmulator({ logCache: { metaDelayMs: 1_500 } });
    const { node } = emulator.faults.logCache;
    node.stop();
    vi.advanceTimersByTime(10_000);
    node.start();
    emulator.emit(logEnvelope("after", { sourceId: "a", timestamp: 1n }));
    expect(logsOf(await read(emulator))).toEqual(["after"]);
    vi.advanceTimersByTime(1_499);
    expect(await sources(emulator)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await sources(emulator)).toEqual(["a"]);
    expect((await getProxy(emulator, "/api/v1/meta", "any")).body).toContain('"a"');
  });
});

test("strict realism has the observed delays", async () => {
  stopClock();
  await using emulator = await startEmulator({ realism: "strict", logger: null });
  const { node, server } = emulator.faults.logCache;
  server.stop();
  vi.advanceTimersByTime(400);
  server.start();
  vi.advanceTimersByTime(599);
  expect((await read(emulator)).status).toBe(503);
  vi.advanceTimersByTime(1);
  expect((await read(emulator)).status).toBe(200);
  node.stop();
  node.start();
  using clients = new LogCacheClients(emulator);
  await clients.send(logEnvelope("after", { sourceId: "a", timestamp: 1n }));
  vi.advanceTimersByTime(1_499);
  expect(await sources(emulator)).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(await sources(emulator)).toEqual(["a"]);
});

describe("the auth proxy", () => {
  test("does not listen before it has UAA's keys, and does not need UAA later", async () => {
    await using emulator = await startEmulator();
    const { uaa, logCache } = emulator.faults;
    const info = () => getProxy(emulator, "/api/v1/info", undefined);
    logCache.authProxy.stop();
    uaa.stop();
    logCache.authProxy.start();
    await expect(info()).rejects.toThrow("fetch failed");
    await expect(fetch(`${emulator.logCache.httpsUrl}/api/v1/info`)).rejects.toThrow();
    expect((await read(emulator)).status).toBe(200);
    uaa.start();
    expect((await info()).status).toBe(200);
    uaa.stop();
    expect((await getProxy(emulator, "/api/v1/read/a", "any")).status).toBe(200);
  });

  test("stays stopped when UAA is started, until it is started itself", async () => {
    await using emulator = await startEmulator();
    const { uaa, logCache } = emulator.faults;
    uaa.stop();
    logCache.authProxy.stop();
    logCache.authProxy.start();
    logCache.authProxy.stop();
    uaa.start();
    await expect(getProxy(emulator, "/api/v1/info", undefined)).rejects.toThrow("fetch failed");
    expect(emulator.faults.active()).toEqual([{ target: "logCache.authProxy", fault: "stop" }]);
    emulator.faults.clear();
    expect((await getProxy(emulator, "/api/v1/info", undefined)).status).toBe(200);
  });
});

test.for([
  [{ gatewayBackoffMs: -1 }, "logCache.gatewayBackoffMs must be"],
  [{ metaDelayMs: "1500" }, "logCache.metaDelayMs must be"],
] as const)("the option %o is refused", async ([logCache, message]) => {
  await expect(startEmulator({ logCache: logCache as never })).rejects.toThrow(message);
});
