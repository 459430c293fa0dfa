import { once } from "node:events";
import { logEnvelope, selectLog } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { describe, expect, test } from "vitest";
import { GatewayStream, get } from "../../testing/gatewayClient.js";
import { GrpcClients } from "../../testing/grpcClients.js";
import { Http2Request } from "../../testing/http2Request.js";
import { emitLogs, text } from "../../testing/reading.js";
import { readEvents } from "../../testing/sse.js";
import { type EmulatorOptions, startEmulator } from "../index.js";

test("RlpGatewayClient only needs the URL and any token", async () => {
  await using emulator = await startEmulator();
  await using client = new RlpGatewayClient({ url: emulator.gateway.url, token: "any" });
  emulator
    .until(({ gatewayStreams }) => gatewayStreams === 1)
    .then(() => emulator.emit(logEnvelope("hello", { sourceId: "app" })));
  for await (const batch of client.stream({ selectors: [selectLog()] })) {
    expect(batch.map(text)).toEqual(["hello"]);
    break;
  }
  await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
});

test("its streams are egress streams: they share shards with those of the RLP, and its limit", async () => {
  await using emulator = await startEmulator();
  await using clients = new GrpcClients(emulator);
  const reader = clients.read({ shardId: "s", selectors: [selectLog()] });
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  await using stream = await GatewayStream.open(emulator, "?log&shard_id=s");
  expect(emulator.stats).toMatchObject({ egressStreams: 2, gatewayStreams: 1 });
  emitLogs(emulator, 50);
  await emulator.until(({ delivered }) => delivered === 50);
  const [first] = await stream.envelopes(1);
  await reader.received(1);
  expect(reader.envelopes.map(text)).not.toContain(text(first ?? logEnvelope("")));

  for (let i = 0; i < 498; i += 1) {
    clients.read({ selectors: [selectLog()] });
  }
  await emulator.until(({ egressStreams }) => egressStreams === 500);
  const response = await get(emulator, "?log");
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test("a query may name a thousand sources, in HTTP/1.1 and HTTP/2", async () => {
  await using emulator = await startEmulator();
  const sources = Array.from({ length: 1000 }, (_, i) => `source_id=${"x".repeat(36)}-${i}`);
  const query = `?log&${sources.join("&")}`;
  await using stream = await GatewayStream.open(emulator, query);
  const url = `${emulator.gateway.httpsUrl}/v2/read${query}`;
  using request = new Http2Request(url, emulator.tls.gateway.ca, { authorization: "bearer t" });
  expect(await request.headers()).toMatchObject({ ":status": 200 });
  emulator.emit(logEnvelope("hello", { sourceId: `${"x".repeat(36)}-999` }));
  expect((await stream.envelopes(1)).map(text)).toEqual(["hello"]);
});

describe("a reader that does not read keeps its oldest envelopes, loses the newest, and does not slow others down,", () => {
  const padding = "x".repeat(4000);

  async function overflow(
    emulator: Awaited<ReturnType<typeof startEmulator>>,
    slow: () => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    await using fast = await GatewayStream.open(emulator, "?log&source_id=app");
    let emitted = 0;
    for (let round = 0; round < 2000 && emulator.stats.dropped < 300; round += 1) {
      for (let i = 0; i < 100; i += 1) {
        emulator.emit(logEnvelope(`${emitted} ${padding}`, { sourceId: "app" }));
        emitted += 1;
      }
      expect(await fast.envelopes(100)).toHaveLength(100);
    }
    const { dropped } = emulator.stats;
    expect(dropped).toBeGreaterThanOrEqual(300);

    const received: number[] = [];
    for await (const { data } of readEvents(slow())) {
      const { batch } = JSON.parse(data) as { batch: { log: { payload: string } }[] };
      const payloads = batch.map(({ log }) => Buffer.from(log.payload, "base64").toString());
      received.push(...payloads.map((payload) => Number.parseInt(payload, 10)));
      if (received.length >= emitted - dropped) {
        break;
      }
    }
    expect(received).toEqual(Array.from({ length: emitted - dropped }, (_, i) => i));
    expect(emulator.stats.dropped).toBe(dropped);
  }

  test("in HTTP/1.1", async () => {
    await using emulator = await startEmulator({ gateway: { bufferSize: 200 } });
    const { get } = await import("node:http");
    const headers = { authorization: "bearer token" };
    const request = get(`${emulator.gateway.url}/v2/read?log`, { headers, agent: false });
    const [response] = await once(request, "response");
    await overflow(emulator, () => response);
  });

  test("in HTTP/2", async () => {
    await using emulator = await startEmulator({ gateway: { bufferSize: 200 } });
    const url = `${emulator.gateway.httpsUrl}/v2/read?log`;
    using request = new Http2Request(url, emulator.tls.gateway.ca, {
      authorization: "bearer token",
    });
    await request.headers();
    await overflow(emulator, () => request.stream);
  });
});

describe("tokens", () => {
  test("may be checked by a function, which is called for each request", async () => {
    const good = new Set(["t1"]);
    await using emulator = await startEmulator({
      gateway: { tokens: (token) => (good.has(token) ? ["a"] : undefined) },
    });
    const status = async (token: string) => {
      const headers = { authorization: `bearer ${token}` };
      const response = await get(emulator, "?log&source_id=a", { headers });
      await response.body?.cancel();
      return response.status;
    };
    expect([await status("t1"), await status("t2")]).toEqual([200, 404]);
    good.delete("t1");
    good.add("t2");
    expect([await status("t1"), await status("t2")]).toEqual([404, 200]);
  });

  test("are invalid if the function throws, which is logged", async () => {
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => errors.push(line) };
    const tokens = () => {
      throw new Error("oops");
    };
    await using emulator = await startEmulator({ logger, gateway: { tokens } });
    expect((await get(emulator, "?log")).status).toBe(404);
    expect(errors).toEqual(["gateway.tokens failed: Error: oops"]);
  });

  test("with the names of inherited properties are invalid", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { token: "all" } } });
    const headers = { authorization: "bearer constructor" };
    expect((await get(emulator, "?log", { headers })).status).toBe(404);
  });
});

describe("pages of other origins", () => {
  const origin = "http://localhost:5173";
  const preflight = {
    method: "OPTIONS",
    headers: {
      origin,
      authorization: "",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization,cache-control",
    },
  };
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");

  test("may not read unless they are allowed to", async () => {
    await using emulator = await startEmulator();
    expect((await get(emulator, "?log", preflight)).status).toBe(404);
    expect(allowed(await get(emulator, "", { headers: { origin } }))).toBeNull();
  });

  test("may all read with `cors: true`, tokens and errors included", async () => {
    await using emulator = await startEmulator({ gateway: { cors: true } });
    const response = await get(emulator, "?log", preflight);
    expect([response.status, allowed(response)]).toEqual([204, "*"]);
    expect(response.headers.get("access-control-allow-headers")).toMatch(
      /authorization, cache-control/,
    );
    const refused = await get(emulator, "", { headers: { origin } });
    expect([refused.status, allowed(refused)]).toEqual([400, "*"]);
    await using stream = await GatewayStream.open(emulator, "?log");
    expect(allowed(stream.response)).toBe("*");
  });

  test("may read where theirs is one of the origins", async () => {
    await using emulator = await startEmulator({ gateway: { cors: [origin] } });
    expect(allowed(await get(emulator, "?log", preflight))).toBe(origin);
    const other = { origin: "http://localhost:1" };
    const response = await get(emulator, "", { headers: other });
    expect([allowed(response), response.headers.get("vary")]).toEqual([null, "origin"]);
  });
});

describe("refuses the option", () => {
  test.each<[EmulatorOptions["gateway"], string]>([
    [
      { address: "localhost" },
      'gateway.address must be "host:port" or "[IPv6]:port", such as "127.0.0.1:0", got "localhost"',
    ],
    [
      { httpsAddress: "" },
      'gateway.httpsAddress must be "host:port" or "[IPv6]:port", such as "127.0.0.1:0", got ""',
    ],
    [
      { streamTimeoutMs: 0 },
      "gateway.streamTimeoutMs must be a positive number of milliseconds up to 2147483647, got 0",
    ],
    [
      { heartbeatIntervalMs: Number.POSITIVE_INFINITY },
      "gateway.heartbeatIntervalMs must be a positive number of milliseconds up to 2147483647, got Infinity",
    ],
    [{ bufferSize: 0.5 }, "gateway.bufferSize must be a positive integer, got 0.5"],
    [
      { tokens: { t: "some" } } as never,
      'gateway.tokens["t"] must be "all" or an array of source ids, got "some"',
    ],
    [
      { cors: ["localhost:5173"] },
      'gateway.cors[0] must be an origin such as "http://localhost:5173", got "localhost:5173"',
    ],
  ])("%j", async (gateway, message) => {
    await expect(startEmulator({ gateway })).rejects.toThrow(message);
  });
});
