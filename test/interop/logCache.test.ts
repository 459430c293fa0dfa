import { createServer } from "node:http";
import { EnvelopeBatch } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { listen } from "@loggregator/testing";
import { logCacheVectors } from "@loggregator/testing/log-cache-vectors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Certificates } from "./certificates.js";
import { end, GoLogCacheClient, start } from "./goLogCacheClient.js";
import { describeInterop } from "./peer.js";

const second = (time: number) => `${time}000000000`;

describeInterop("go-log-cache reads from the emulator", () => {
  let certificates: Certificates;
  let emulator: Emulator;
  beforeAll(async () => {
    certificates = await Certificates.make();
    emulator = await startEmulator({ tls: { authority: certificates.authority } });
    for (const hex of logCacheVectors.envelopes) {
      for (const envelope of EnvelopeBatch.decode(Buffer.from(hex, "hex")).batch) {
        emulator.emit(envelope);
      }
    }
  });
  afterAll(async () => {
    await emulator.close();
    await certificates[Symbol.asyncDispose]();
  });

  const clients: [string, () => GoLogCacheClient][] = [
    ["HTTP, the gateway", () => new GoLogCacheClient({ address: emulator.logCache.gatewayUrl })],
    [
      "gRPC",
      () =>
        new GoLogCacheClient({
          address: emulator.logCache.address,
          ...certificates.flags("client"),
        }),
    ],
  ];

  describe.each(clients)("over %s,", (transport, open) => {
    let client: GoLogCacheClient;
    beforeAll(() => {
      client = open();
    });
    afterAll(() => client[Symbol.asyncDispose]());

    test("with all options", async () => {
      expect(await client.read({ sourceId: "app-1" })).toHaveLength(27);
      expect(await client.read({ sourceId: "app-1", limit: 3 })).toHaveLength(3);
      expect(await client.read({ sourceId: "app-1", types: [2] })).toHaveLength(6);
      expect(await client.read({ sourceId: "app-1", types: [1, 5] })).toHaveLength(13);
      const [newest] = await client.read({ sourceId: "app-1", descending: true, limit: 1 });
      expect(newest).toMatchObject({ timestamp: second(1_795_363_077) });
      const filtered = await client.read({ sourceId: "app-1", nameFilter: "cpu" });
      expect(filtered).toHaveLength(6);
      expect(filtered[0]).toMatchObject({ gauge: { metrics: { cpu: { unit: "percentage" } } } });
      expect(await client.read({ sourceId: "same-time", limit: 2 })).toHaveLength(5);
      expect(await client.read({ sourceId: "a/b" })).toHaveLength(1);
      expect(await client.read({ sourceId: "unknown" })).toEqual([]);
    });

    test("errors", async () => {
      const call = { method: "read", sourceId: "app-1", start, end, limit: 1001 };
      const { error } = await client.call(call);
      expect(error).toContain(
        transport === "gRPC" ? "limit (1001) must be 1000 or less" : "unexpected status code 500",
      );
    });

    test("meta", async () => {
      const { result } = await client.call<Record<string, object>>({ method: "meta" });
      expect(result?.["app-1"]).toEqual({
        count: "27",
        oldestTimestamp: second(1_795_363_066),
        newestTimestamp: second(1_795_363_077),
      });
    });

    test("queries", async () => {
      const query = 'cpu{source_id="app-1"}';
      const instant = await client.call({ method: "promql", query, start: second(1_795_363_070) });
      expect(instant.result).toMatchObject({
        vector: {
          samples: [
            { metric: { source_id: "app-1" }, point: { time: "1795363070.000", value: 3.5 } },
          ],
        },
      });
      const scalar = await client.call({ method: "promql", query: "1 + 1", start: second(5) });
      expect(scalar.result).toEqual({ scalar: { time: "5.000", value: 2 } });
      const range = await client.call({
        method: "promqlRange",
        query,
        start: second(1_795_363_066),
        end: second(1_795_363_072),
        step: "2",
      });
      expect(range.result).toMatchObject({
        matrix: {
          series: [{ points: [0.5, 2.5, 4.5, 5.5].map((value) => ({ value })) }],
        },
      });
      const failed = await client.call({ method: "promql", query: "cpu", start: second(1) });
      expect(failed.error ?? "").toContain(
        transport === "gRPC" ? "does not have a 'source_id' label" : "500",
      );
    });

    test("Walk and Window", async () => {
      const range = { sourceId: "app-1", start, end };
      const walked = await client.call<{ batch: object[] }>({ method: "walk", limit: 5, ...range });
      expect(walked.result?.batch).toHaveLength(27);
      const window = await client.call<{ batch: object[] }>({ method: "window", ...range });
      expect(window.result?.batch).toHaveLength(27);
    });
  });

  test("version, uptime and raw queries, which HTTP only has", async () => {
    await using client = new GoLogCacheClient({ address: emulator.logCache.gatewayUrl });
    expect((await client.call({ method: "version" })).result).toMatch(/^3\.\d+\.\d+$/);
    expect((await client.call({ method: "uptime" })).result).toBeGreaterThanOrEqual(0);
    const query = 'requests{source_id="app-1"}';
    const time = second(1_795_363_071);
    expect((await client.call({ method: "promqlRaw", query, start: time })).result).toMatchObject({
      status: "success",
      data: { resultType: "vector" },
    });
    const range = { query, start: time, end: time, step: "1s" };
    expect((await client.call({ method: "promqlRangeRaw", ...range })).result).toMatchObject({
      status: "success",
      data: { resultType: "matrix" },
    });
    expect(
      (await client.call({ method: "promqlRaw", query: "cpu", start: time })).result,
    ).toMatchObject({ status: "error", errorType: "internal" });
  });

  test.each([
    ["a client", {}],
    ["a user", { user: "me:password" }],
  ])("through the auth proxy, as %s that signs in at UAA", async (_, flags) => {
    const grants: string[] = [];
    await using uaa = await listen(
      createServer((request, response) => {
        request.setEncoding("utf8").on("data", (form: string) => {
          grants.push(new URLSearchParams(form).get("grant_type") ?? "");
          response.end('{"access_token":"good","token_type":"bearer"}');
        });
      }),
    );
    const guarded = await startEmulator({ gateway: { tokens: { good: ["app-1"] } } });
    await using client = new GoLogCacheClient({
      address: guarded.logCache.url,
      uaa: `http://127.0.0.1:${uaa.port}`,
      ...flags,
    });
    expect(await client.read({ sourceId: "app-1" })).toEqual([]);
    const { error } = await client.call({ method: "read", sourceId: "app-2", start });
    expect(error).toBe("unexpected status code 404");
    expect((await client.call({ method: "meta" })).result).toEqual({});
    expect(new Set(grants)).toEqual(new Set(["user" in flags ? "password" : "client_credentials"]));
    await guarded.close();
  });
});
