import { FakeGateway, heartbeatEvent, take } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { clientOf, script, send } from "../testing/scriptedClient.js";
import { StreamSilentError } from "./errors.js";

/** The heartbeat timeout: long enough to connect on a busy machine. */
const silenceMs = 1_000;

describe("silence", () => {
  test("after the headers or after events reopens the stream", async () => {
    await using gateway = await FakeGateway.start(script((c) => c.open(), send("a"), send("b")));
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 2)).toEqual(["a", "b"]);
    expect(retries.map(({ error }) => error.constructor)).toEqual([
      StreamSilentError,
      StreamSilentError,
    ]);
    await gateway.connections[1]?.closed;
  });

  test("instead of a response reopens the stream", async () => {
    await using gateway = await FakeGateway.start(script(() => {}, send("a")));
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries[0]?.error.message).toMatch(/heartbeat.*within 1000 ms/);
  });

  test("of the token function reopens the stream", async () => {
    await using gateway = await FakeGateway.start(send("a"));
    let asked = 0;
    const token = () => (++asked === 1 ? new Promise<string>(() => {}) : "t");
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs, token });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries[0]?.error).toBeInstanceOf(StreamSilentError);
  });

  test("does not begin while heartbeats arrive", async () => {
    const beats = 10;
    await using gateway = await FakeGateway.start(async (c) => {
      c.open();
      for (let i = 0; i < beats; i++) {
        await new Promise((resolve) => setTimeout(resolve, silenceMs / 5));
        await c.write(i % 2 === 0 ? heartbeatEvent : ": a comment\n");
      }
      await c.send("a");
    });
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries).toEqual([]);
  });

  test("is not reported after a blocked event loop if data has arrived", async () => {
    await using gateway = await FakeGateway.start(send("a"));
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    let taken = 0;
    for await (const batch of stream) {
      taken += batch.length;
      if (taken === 2) {
        break;
      }
      // In transit while the event loop is blocked: client and server are in this process.
      gateway.connections[0]?.send("b");
      for (const until = performance.now() + 1.2 * silenceMs; performance.now() < until; ) {}
    }
    expect(retries).toEqual([]);
  });
});
