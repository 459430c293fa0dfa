import { once } from "node:events";
import { Status } from "nice-grpc";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { answering, certificates, clientOf, ok, request, respond } from "../../testing/rawCalls.js";
import {
  FrameType,
  isRequestEnd,
  type RawConnection,
  startRawHttp2Server,
} from "../../testing/rawHttp2Server.js";

describe("keepalive", () => {
  test("a server that does not respond counts as dead after keepaliveTimeoutMs", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 50, keepaliveTimeoutMs: 100 });
    const { draining } = await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    connection.acknowledges = false;
    await expect(there.client.unary(request)).rejects.toMatchObject({
      code: Status.UNAVAILABLE,
      details: "the server did not reply to a ping within 100 ms",
    });
    expect(draining.aborted).toBe(true);
    expect(connection.frames.some(({ type }) => type === FrameType.ping)).toBe(true);
  });

  test("a connection without calls is not pinged", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 20, keepaliveTimeoutMs: 20 });
    const { draining } = await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    connection.acknowledges = false;
    await expect(once(draining, "abort", { signal: AbortSignal.timeout(300) })).rejects.toThrow();
    expect(connection.frames.some(({ type }) => type === FrameType.ping)).toBe(false);
  });

  test("between pings that are 305 s apart, SETTINGS are sent every 20 s", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 305_000 });
    const abort = new AbortController();
    const call = there.client.unary(request, { signal: abort.signal });
    call.catch(() => {});
    await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    await connection.frame(isRequestEnd);
    const count = (type: number) =>
      connection.frames.filter((frame) => frame.type === type && frame.flags === 0).length;
    const before = count(FrameType.settings);
    const probes = () => count(FrameType.settings) - before + count(FrameType.ping);
    for (let round = 1; round <= 16; round++) {
      // The reply to the last probe has arrived: at the second check, the connection is silent.
      await connection.frame(() => probes() >= round - 1);
      for (let turn = 0; turn < 5; turn++) {
        await new Promise(setImmediate);
      }
      while (probes() < round) {
        vi.advanceTimersByTime(20_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    expect(count(FrameType.ping)).toBeGreaterThanOrEqual(1);
    expect(count(FrameType.ping)).toBeLessThanOrEqual(2);
    abort.abort();
  });

  test("a server that replies to pings stays connected, for calls of any length", async () => {
    await using server = await answering((connection, id) => {
      let pings = 0;
      connection.onFrame(({ type }) => {
        if (type === FrameType.ping && ++pings === 5) {
          respond(connection, id, ok);
        }
      });
    });
    using there = clientOf(server, { keepaliveIntervalMs: 20, keepaliveTimeoutMs: 10_000 });
    await there.client.unary(request);
    expect(server.connections).toHaveLength(1);
  });
});
