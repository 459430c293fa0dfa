import { getEventListeners } from "node:events";
import { selectLog } from "@loggregator/api";
import { batchEvent, FakeGateway, take, texts } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };

describe("stop()", () => {
  test("with drain ends the request, and the iteration after the received batches", async () => {
    await using gateway = await FakeGateway.start((connection) =>
      connection
        .open()
        .write(
          batchEvent("a") + batchEvent("b") + batchEvent("c") + batchEvent("half").slice(0, -9),
        ),
    );
    const client = new RlpGatewayClient({ url: gateway.url, token: "t" });
    const stream = client.stream(request);
    const taken: string[] = [];
    for await (const batch of stream) {
      taken.push(...texts(batch));
      if (taken.length > 1) {
        continue;
      }
      stream.stop({ drain: true });
      await gateway.connections[0]?.closed;
    }
    expect(taken).toEqual(["a", "b", "c"]);
    expect(gateway.connections).toHaveLength(1);
    expect(client.stats.streams).toBe(0);
  });

  test("with drain keeps batches that were read ahead of a slow consumer", async () => {
    const total = 100;
    await using gateway = await FakeGateway.start(async (connection) => {
      connection.open();
      for (let i = 0; i < total; i++) {
        await connection.send(`${i} ${"x".repeat(1_000)}`);
      }
    });
    const client = new RlpGatewayClient({ url: gateway.url, token: "t" });
    const stream = client.stream(request);
    let taken = 0;
    for await (const batch of stream) {
      taken += batch.length;
      // The client has received at least the first 30 by now, for any division into chunks.
      if (taken === 30) {
        stream.stop({ drain: true });
      }
    }
    expect(taken).toBeGreaterThanOrEqual(30);
    expect(taken).toBeLessThanOrEqual(total);
  });

  test("without drain drops the received batches", async () => {
    await using gateway = await FakeGateway.start((connection) =>
      connection.open().write(batchEvent("a") + batchEvent("b")),
    );
    const client = new RlpGatewayClient({ url: gateway.url, token: "t" });
    const stream = client.stream(request);
    const taken: string[] = [];
    for await (const batch of stream) {
      taken.push(...texts(batch));
      stream.stop();
    }
    expect(taken).toEqual(["a"]);
    await gateway.connections[0]?.closed;
  });

  test.each([true, false])("with drain %s ends a wait for a batch", async (drain) => {
    await using gateway = await FakeGateway.start((connection) => connection.open());
    const client = new RlpGatewayClient({ url: gateway.url, token: "t" });
    const stream = client.stream(request);
    const next = stream[Symbol.asyncIterator]().next();
    for await (const { type } of client.status()) {
      if (type === "open") {
        break;
      }
    }
    stream.stop({ drain });
    expect(await next).toEqual({ done: true, value: undefined });
    await gateway.connections[0]?.closed;
  });

  test.each([true, false])("with drain %s ends the delay before a retry", async (drain) => {
    await using gateway = await FakeGateway.start((connection) => connection.fail(503, "x", "y"));
    const client = new RlpGatewayClient({
      url: gateway.url,
      token: "t",
      logger: null,
      retry: { baseDelayMs: 1e6, maxDelayMs: 1e6 },
      onRetryableError: () => setImmediate(() => stream.stop({ drain })),
    });
    const stream = client.stream(request);
    expect(await take(stream, 1)).toEqual([]);
  });

  test.each([true, false])("with drain %s in onRetryableError ends the stream", async (drain) => {
    await using gateway = await FakeGateway.start((connection) => connection.fail(503, "x", "y"));
    const client = new RlpGatewayClient({
      url: gateway.url,
      logger: null,
      retry: { baseDelayMs: 1e6, maxDelayMs: 1e6 },
      onRetryableError: () => stream.stop({ drain }),
    });
    const stream = client.stream(request);
    expect(await take(stream, 1)).toEqual([]);
  });

  test.each([true, false])("with drain %s before an iteration sends no request", async (drain) => {
    await using gateway = await FakeGateway.start((connection) => connection.open().send("a"));
    const abort = new AbortController();
    const client = new RlpGatewayClient({ url: gateway.url, token: "t" });
    const stream = client.stream(request, { signal: abort.signal });
    stream.stop({ drain });
    expect(await take(stream, 1)).toEqual([]);
    expect(gateway.connections).toEqual([]);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("rejects unknown options", () => {
    const stream = new RlpGatewayClient({ url: "https://gateway.example" }).stream(request);
    expect(() => stream.stop({ drian: true } as never)).toThrow(/"drian"; did you mean "drain"/);
    expect(() => stream.stop({ drain: 1 } as never)).toThrow(/^drain must be true or false, got 1/);
  });
});
