import {
  abortListeners,
  Recorder,
  recordProcessEvents,
  reserveUdpPort,
  runModule,
  UdpListener,
} from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { V1Client } from "./index.js";

const origin = "origin";

describe("a shared signal", () => {
  test("is shared by many clients without a warning, and keeps no listener of closed ones", async () => {
    using events = recordProcessEvents();
    const { signal } = new AbortController();
    const clients = Array.from({ length: 50 }, () => new V1Client({ origin, signal }));
    await events.settled();
    expect(events.warnings).toEqual([]);
    await Promise.all(clients.map((client) => client.close()));
    expect(abortListeners(signal)).toBe(0);
  });

  test("closes all of them", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const clients = Array.from({ length: 20 }, () => new V1Client({ origin, signal }));
    for (const client of clients) {
      client.emitCounter("c");
    }
    controller.abort();
    for (const client of clients) {
      expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 0 });
    }
    expect(abortListeners(signal)).toBe(0);
  });
});

test("the first drops are a warning if there is neither a logger nor onDropped", async () => {
  using events = recordProcessEvents();
  await using client = new V1Client({ origin, maxQueueSize: 1 });
  for (let i = 0; i < 6; i++) {
    client.emitCounter("c");
  }
  await events.settled();
  expect(events.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^v1 client localhost:3457: dropped 5 envelopes because the queue was full/,
    ),
  ]);
});

describe("callbacks", () => {
  test("that reject are logged, and end neither the client nor the process", async () => {
    await using port = await reserveUdpPort();
    using events = recordProcessEvents();
    const logged = new Recorder<string>();
    const reject = () => Promise.reject(new Error("from a callback"));
    const logger = {
      debug: reject,
      info: reject,
      warn: reject,
      error: (message: string) => {
        logged.add(message);
        return reject();
      },
    };
    const client = new V1Client({
      origin,
      address: port.address,
      maxQueueSize: 1,
      logger,
      onDropped: reject,
      onError: reject,
      onRetryableError: reject,
    });
    client.emitLog(new Uint8Array(70_000));
    client.emitCounter("dropped");
    client.emitCounter("sent");
    await logged.until((messages) =>
      ["onDropped", "onError", "onRetryableError"].every((name) =>
        messages.includes(`${name} failed: Error: from a callback`),
      ),
    );
    await client.close();
    await events.settled();
    expect(events.unhandledRejections).toEqual([]);
  });

  test("reports drops that follow an abort inside onDropped", async () => {
    const controller = new AbortController();
    const dropped = new Recorder<number>();
    const client = new V1Client({
      origin,
      maxQueueSize: 5,
      signal: controller.signal,
      onDropped: (count) => {
        dropped.add(count);
        controller.abort();
      },
    });
    for (let i = 0; i < 7; i++) {
      client.emitCounter("c");
    }
    await dropped.count(2);
    expect(dropped.values).toEqual([2, 5]);
    expect(client.stats).toEqual({ sent: 0, dropped: 7, queued: 0, reconnects: 0 });
  });

  test("may emit into a full queue and into a closed client without blocking the process", async () => {
    await using listener = await UdpListener.start();
    let calls = 0;
    const client: V1Client = new V1Client({
      origin,
      address: listener.address,
      maxQueueSize: 1,
      onDropped: () => {
        calls++;
        client.emitCounter("a");
        client.emitCounter("b");
      },
    });
    client.emitCounter("1");
    client.emitCounter("2");
    await listener.next(3);
    await client.close();
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(2 + 2 * calls);
  });

  test("may emit forever after close(), and the process still exits", async () => {
    const script = `
      import { V1Client } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url))};
      const client = new V1Client({ origin: "o", onDropped: () => client.emitCounter("c") });
      await client.close();
      client.emitCounter("c");
      process.on("exit", () => console.log("exits"));
    `;
    expect(await runModule(script)).toBe("exits\n");
  });
});
