import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeEvent } from "@loggregator/api/v1";
import { reserveUdpPort, runModule, UdpListener } from "@loggregator/testing";
import { describe, expect, test, vi } from "vitest";
import { OversizedDatagramError, V1Client } from "./index.js";

const origin = "some-origin";

describe("V1Client", () => {
  test("sends each kind of envelope, in order", async () => {
    await using listener = await UdpListener.start();
    await using client = new V1Client({ origin, address: `localhost:${listener.port}` });
    client.emitLog("hello", { sourceId: "app" });
    client.emitCounter("requests", { delta: 2 });
    client.emitGauge({ cpu: { value: 3, unit: "percentage" } });
    expect((await listener.next(3)).map(decodeEvent)).toMatchObject([
      { origin, logMessage: { appId: "app" } },
      { origin, counterEvent: { name: "requests", delta: 2n } },
      { origin, valueMetric: { name: "cpu", value: 3 } },
    ]);
  });

  test("fromEnv reads the address from the environment, and options take precedence", async () => {
    await using listener = await UdpListener.start();
    vi.stubEnv("LOGGREGATOR_V1_ADDRESS", listener.address);
    try {
      await using client = V1Client.fromEnv({ origin, address: undefined });
      client.emitCounter("c");
      expect((await listener.next(1)).map(decodeEvent)).toMatchObject([{ origin }]);
      const invalid = { origin, address: "nowhere" };
      expect(() => V1Client.fromEnv(invalid)).toThrow('address must be "host:port"');
      expect(() => V1Client.fromEnv({} as never)).toThrow("origin must be a non-empty string");
      expect(() => V1Client.fromEnv(null as never)).toThrow("options must be an object, got null");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("close() waits until all emitted envelopes are sent", async () => {
    await using listener = await UdpListener.start();
    const client = new V1Client({ origin, address: listener.address });
    for (let i = 0; i < 500; i++) {
      client.emitCounter(`c${i}`);
    }
    expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 500, reconnects: 0 });
    await client.close();
    expect(client.stats).toEqual({ sent: 500, dropped: 0, queued: 0, reconnects: 0 });
    const names = (await listener.next(500)).map((bytes) => decodeEvent(bytes).counterEvent?.name);
    expect(names).toEqual(Array.from({ length: 500 }, (_, i) => `c${i}`));
  });

  test("close() sends everything if the process is blocked for longer than closeTimeoutMs", async () => {
    await using listener = await UdpListener.start();
    const client = new V1Client({ origin, address: listener.address, closeTimeoutMs: 200 });
    for (let i = 0; i < 500; i++) {
      client.emitCounter(`c${i}`);
    }
    const closing = client.close();
    // Has the same effect as a SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await closing;
    expect(client.stats).toEqual({ sent: 500, dropped: 0, queued: 0, reconnects: 0 });
  });

  test("a listener receives all of 100,000 envelopes", async () => {
    await using listener = await UdpListener.start();
    await using client = new V1Client({ origin, address: listener.address });
    const total = 100_000;
    // The number that fits into the listener's socket buffer, even if this process is blocked.
    const window = 200;
    for (let emitted = 0; emitted < total; emitted += window) {
      for (let i = 0; i < window; i++) {
        client.emitLog(`line ${emitted + i}`, { sourceId: "app" });
      }
      await listener.next(window);
    }
    await client.close();
    expect(client.stats).toEqual({ sent: total, dropped: 0, queued: 0, reconnects: 0 });
  });

  test("loses nothing in a burst of 100,000, in bounded memory", async () => {
    await using listener = await UdpListener.start();
    await using client = new V1Client({
      origin,
      address: listener.address,
      closeTimeoutMs: 60_000,
    });
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 100_000; i++) {
      client.emitLog("x".repeat(100), { sourceId: "app" });
    }
    expect(client.stats.queued).toBe(100_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    await client.close();
    expect(client.stats).toEqual({ sent: 100_000, dropped: 0, queued: 0, reconnects: 0 });
  });

  test("drops the oldest beyond maxQueueSize, counts and reports them", async () => {
    await using listener = await UdpListener.start();
    const dropped: number[] = [];
    await using client = new V1Client({
      origin,
      address: listener.address,
      maxQueueSize: 10,
      onDropped: (count) => dropped.push(count),
    });
    for (let i = 0; i < 1000; i++) {
      client.emitCounter(`c${i}`);
    }
    await client.close();
    expect(client.stats).toEqual({ sent: 10, dropped: 990, queued: 0, reconnects: 0 });
    expect(dropped).toEqual([990]);
    const names = (await listener.next(10)).map((bytes) => decodeEvent(bytes).counterEvent?.name);
    expect(names).toEqual(Array.from({ length: 10 }, (_, i) => `c${990 + i}`));
  });

  test("bounds the queued bytes", async () => {
    await using listener = await UdpListener.start();
    const address = listener.address;
    await using client = new V1Client({ origin, address, maxQueueBytes: 100_000 });
    for (let i = 0; i < 10; i++) {
      client.emitLog(new Uint8Array(30_000));
    }
    await client.close();
    expect(client.stats).toEqual({ sent: 3, dropped: 7, queued: 0, reconnects: 0 });
  });

  test("sent + dropped + queued adds up, at any speed", async () => {
    await using listener = await UdpListener.start();
    const address = listener.address;
    await using client = new V1Client({ origin, address, maxQueueSize: 100 });
    let emitted = 0;
    for (const burst of [1, 31, 32, 33, 150, 5, 1000, 0, 64, 99]) {
      for (let i = 0; i < burst; i++, emitted++) {
        client.emitCounter("c");
      }
      const { sent, dropped, queued } = client.stats;
      expect(sent + dropped + queued).toBe(emitted);
      await nextTurn();
    }
    await client.close();
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped).toBe(emitted);
    expect(queued).toBe(0);
    expect(dropped).toBeGreaterThan(0);
  });

  test("sends an envelope that just fits into a datagram, and drops a larger one", async () => {
    await using listener = await UdpListener.start();
    const errors: Error[] = [];
    await using client = new V1Client({
      origin,
      address: listener.address,
      onError: (error) => errors.push(error),
    });
    const overhead = 65_507 - lengthOfLog(65_000) + 65_000;
    client.emitLog(new Uint8Array(overhead));
    client.emitLog(new Uint8Array(overhead + 1));
    client.emitCounter("after");
    const [largest, after] = await listener.next(2);
    expect(largest?.length).toBe(65_507);
    expect(decodeEvent(after as Uint8Array).counterEvent?.name).toBe("after");
    expect(errors).toEqual([new OversizedDatagramError(65_508)]);
    expect(errors[0]).toMatchObject({ name: "OversizedDatagramError", bytes: 65_508 });
    await client.close();
    expect(client.stats).toEqual({ sent: 2, dropped: 1, queued: 0, reconnects: 0 });
  });

  test("drops envelopes emitted after close(), and does not throw", async () => {
    await using listener = await UdpListener.start();
    const client = new V1Client({ origin, address: listener.address });
    await client.close();
    client.emitLog("late");
    client.emitGauge({ a: { value: 1 }, b: { value: 2 } });
    expect(client.stats).toEqual({ sent: 0, dropped: 3, queued: 0, reconnects: 0 });
  });

  test("closes immediately when its signal aborts, and drops the queue", async () => {
    await using listener = await UdpListener.start();
    const controller = new AbortController();
    const dropped: number[] = [];
    const client = new V1Client({
      origin,
      address: listener.address,
      signal: controller.signal,
      onDropped: (count) => dropped.push(count),
    });
    for (let i = 0; i < 100; i++) {
      client.emitCounter("c");
    }
    controller.abort();
    expect(client.stats).toEqual({ sent: 0, dropped: 100, queued: 0, reconnects: 0 });
    await client.close();
    expect(dropped).toEqual([100]);
    expect(listener.count).toBe(0);
  });

  test("is closed from the start if its signal has aborted", async () => {
    const client = new V1Client({ origin, signal: AbortSignal.abort() });
    client.emitLog("x");
    await client.close();
    expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 0 });
  });

  test("counts everything if aborted while sending", async () => {
    await using listener = await UdpListener.start();
    const controller = new AbortController();
    const { signal } = controller;
    const client = new V1Client({ origin, address: listener.address, signal });
    for (let i = 0; i < 10_000; i++) {
      client.emitCounter("c");
    }
    await listener.next(1);
    controller.abort();
    await client.close();
    const { sent, dropped, queued } = client.stats;
    expect(sent).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
    expect({ emitted: sent + dropped, queued }).toEqual({ emitted: 10_000, queued: 0 });
  });

  test("continues when a callback throws", async () => {
    await using listener = await UdpListener.start();
    const logged: string[] = [];
    const fail = () => {
      throw new Error("from the callback");
    };
    const log = (message: string) => void logged.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    const address = listener.address;
    await using client = new V1Client({ origin, address, onError: fail, onDropped: fail, logger });
    client.emitLog(new Uint8Array(70_000));
    client.emitCounter("after");
    await listener.next(1);
    expect(logged.filter((message) => message.includes("from the callback"))).toHaveLength(2);
  });

  test("does not keep a finished process running, and loses nothing", async () => {
    await using listener = await UdpListener.start();
    const script = `
      import { V1Client } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url))};
      const client = new V1Client({ origin: "o", address: ${JSON.stringify(listener.address)} });
      client.emitCounter("last");
    `;
    await runModule(script);
    const [datagram] = await listener.next(1);
    expect(decodeEvent(datagram as Uint8Array).counterEvent?.name).toBe("last");
  });
});

/** Returns the length of the datagram for a log of a number of bytes. */
function lengthOfLog(bytes: number): number {
  const envelope = 4 + 1 + origin.length; // origin, event type and the timestamp's tag
  const time = 9;
  const log = 1 + 3 + bytes + 2 + 1 + time;
  return envelope + time + 1 + 3 + log;
}

test("exceptions of callbacks and loggers end neither the client nor the process", async () => {
  let thrown = 0;
  const fail = () => {
    thrown++;
    throw new Error("from a callback");
  };
  await using reserved = await reserveUdpPort();
  const client = new V1Client({
    origin: "o",
    address: reserved.address,
    maxQueueSize: 1,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
    onDropped: fail,
    onError: fail,
  });
  client.emitLog("dropped");
  client.emitLog(new Uint8Array(70_000));
  client.emitLog("sent");
  await client.close();
  expect(client.stats).toMatchObject({ queued: 0 });
  expect(thrown).toBeGreaterThan(4);
});
