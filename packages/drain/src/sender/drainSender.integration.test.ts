import { logEnvelope } from "@loggregator/api";
import { abortListeners, listen, Recorder, reserveTcpPort, TcpProxy } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { certificates } from "../../testing/certificates.js";
import { RawReceiver } from "../../testing/rawReceiver.js";
import { createSender } from "../../testing/senders.js";
import { serveHttps } from "../../testing/servers.js";
import { createDrainReceiver, DrainCloseError, DrainSender } from "../index.js";

describe("to a DrainReceiver", () => {
  test.each(["https", "https-batch", "syslog-tls", "syslog"])("%s", async (scheme) => {
    await using receiver = createDrainReceiver();
    const server = scheme.startsWith("https")
      ? await serveHttps(receiver.node, certificates)
      : scheme === "syslog"
        ? await receiver.listenTcp({ host: "127.0.0.1" })
        : await receiver.listenTls({ ...certificates.server, host: "127.0.0.1" });
    await using _ = server;
    const { ca, cert, key } = certificates.client;
    const sender = createSender({
      url: `${scheme}://localhost:${server.port}`,
      tls: async () => ({ ca, cert, key }),
      tags: { origin: "test" },
    });
    sender.emitLog("hello", { sourceId: "app", instanceId: "0", sourceType: "APP/PROC/WEB" });
    sender.emitCounter("c", { delta: 2 });
    sender.emitGauge({ g: { value: 1.5, unit: "u" } });
    sender.emitTimer("t", 1n, 2n);
    sender.emitEvent("title", "body", { tags: { origin: "own" } });
    const received: unknown[] = [];
    const taking = (async () => {
      for await (const { envelope } of receiver) {
        received.push([envelope.message?.$case, envelope.tags["origin"]]);
      }
    })();
    await sender.close();
    await receiver.close();
    await taking;
    expect(received).toEqual([
      ["log", "test"],
      ["counter", "test"],
      ["gauge", "test"],
      ["timer", "test"],
      ["event", "own"],
    ]);
  });
});

describe("batches", () => {
  test("are sent when they are full, or after the interval", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({
      url: `https-batch://localhost:${receiver.server.port}`,
      batchMaxBytes: 1_000,
      flushIntervalMs: 60_000,
    });
    const line = "x".repeat(100);
    for (let i = 0; i < 20; i++) {
      sender.emitLog(line);
    }
    await receiver.requests.count(1);
    expect(receiver.requests.values[0]?.body.length).toBeGreaterThanOrEqual(1_000);
    expect(receiver.requests.values[0]?.body.length).toBeLessThan(1_200);
    await sender.flush();
    expect(sender.stats).toMatchObject({ sent: 20, queued: 0 });
    await sender.close();
    const impatient = createSender({
      url: `https-batch://localhost:${receiver.server.port}`,
      flushIntervalMs: 10,
    });
    const before = receiver.requests.values.length;
    impatient.emitLog("one");
    await receiver.requests.count(before + 1);
    await impatient.close();
  });
});

describe("the queue", () => {
  test("drops the oldest envelopes beyond its bounds, and sent + dropped + queued adds up", async () => {
    await using port = await reserveTcpPort();
    const drops = new Recorder<number>();
    const sender = createSender({
      url: `syslog://127.0.0.1:${port.port}`,
      maxQueueSize: 10,
      onDropped: drops.add,
      closeTimeoutMs: 20,
      retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
    });
    for (let i = 0; i < 30; i++) {
      sender.emitLog(String(i));
    }
    expect(sender.stats).toMatchObject({ sent: 0, dropped: 20, queued: 10 });
    await expect(sender.close()).rejects.toThrow(
      /close\(\) timed out after 20 ms: 10 envelopes were still queued \(last error: .*ECONNREFUSED/,
    );
    sender.emitLog("late");
    expect(sender.stats).toMatchObject({ sent: 0, dropped: 31, queued: 0 });
    await drops.until((counts) => counts.reduce((sum, count) => sum + count, 0) === 31);
  });

  test("is bounded in bytes", async () => {
    await using port = await reserveTcpPort();
    const abort = new AbortController();
    const sender = createSender({
      url: `syslog://127.0.0.1:${port.port}`,
      maxQueueBytes: 10_000,
      signal: abort.signal,
    });
    for (let i = 0; i < 30; i++) {
      sender.emitLog("x".repeat(1_000));
    }
    const { queued, dropped } = sender.stats;
    expect(queued).toBeLessThan(10);
    expect(queued + dropped).toBe(30);
    abort.abort();
    await sender.close();
  });

  test("an envelope that cannot be written is dropped immediately", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({ url: `https://localhost:${receiver.server.port}` });
    sender.emit(logEnvelope("x", { sourceId: "has a space" }));
    sender.emit(logEnvelope("x", { tags: { "a=b": "" } }));
    sender.emitLog("good");
    await sender.close();
    expect(sender.stats).toMatchObject({ sent: 1, dropped: 2 });
  });
});

describe("lifetime", () => {
  test("status yields the changes of the connection", async () => {
    await using port = await reserveTcpPort();
    const sender = createSender({ url: `syslog://127.0.0.1:${port.port}` });
    const types: string[] = [];
    const retrying = new Recorder<void>();
    const reading = (async () => {
      for await (const { type } of sender.status()) {
        types.push(type);
        if (type === "retrying") {
          retrying.add();
        }
      }
    })();
    sender.emitLog("x");
    await retrying.count(1);
    await using _ = await listen(
      (await import("node:net")).createServer((socket) => socket.resume()),
      { port: port.port, host: "127.0.0.1" },
    );
    await sender.close();
    await reading;
    expect(types[0]).toBe("idle");
    expect(types).toContain("open");
    expect(types.at(-1)).toBe("closed");
  });

  test("closing does not wait for a long delay, and await using reports a failure", async () => {
    await using port = await reserveTcpPort();
    const failures = new Recorder<Error>();
    const errors: string[] = [];
    const note = (message: string) => errors.push(message);
    {
      await using sender = createSender({
        url: `syslog://127.0.0.1:${port.port}`,
        retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
        onRetryableError: failures.add,
        closeTimeoutMs: 50,
        logger: { debug: () => {}, info: () => {}, warn: () => {}, error: note },
      });
      sender.emitLog("x");
      await failures.count(1);
    }
    expect(failures.values.length).toBeGreaterThan(1);
    expect(errors).toEqual([expect.stringContaining("close() timed out after 50 ms")]);
  });

  test("an abort ends everything; flush rejects, and no listener is left on the signals", async () => {
    await using port = await reserveTcpPort();
    const abort = new AbortController();
    const failures = new Recorder<Error>();
    const sender = createSender({
      url: `https://127.0.0.1:${port.port}`,
      signal: abort.signal,
      onRetryableError: failures.add,
    });
    sender.emitLog("x");
    await failures.count(2);
    const flushing = sender.flush();
    await expect(sender.flush({ signal: AbortSignal.timeout(10) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    abort.abort();
    await expect(flushing).rejects.toThrow(DrainCloseError);
    expect(sender.stats).toMatchObject({ sent: 0, dropped: 1, queued: 0 });
    await sender.close();
    expect(abortListeners(abort.signal)).toBe(0);
  });

  test("an unused sender closes without having connected", async () => {
    await new DrainSender({ url: "syslog-tls://drain.example" }).close();
  });

  test("delivers over https-batch through a network that fails at random", async () => {
    const receiver = createDrainReceiver({ acknowledge: "consumed", logger: null });
    await using server = await serveHttps(receiver.node, certificates);
    await using proxy = await TcpProxy.to(server.address);
    const sender = createSender({
      url: `https-batch://localhost:${proxy.port}`,
      batchMaxBytes: 20_000,
      flushIntervalMs: 5,
    });
    const seen = new Set<string>();
    const reading = (async () => {
      for await (const batch of receiver.batches()) {
        for (const { message } of batch) {
          seen.add(Buffer.from(message.message).toString());
        }
      }
    })();
    for (let i = 0; i < 5_000; i++) {
      sender.emitLog(`line ${i}`);
      if (i % 500 === 0) {
        await new Promise(setImmediate);
        proxy.reset();
      }
    }
    await sender.close();
    await receiver.close();
    await reading;
    expect(seen.size).toBe(5_000);
    expect(sender.stats).toMatchObject({ sent: 5_000, dropped: 0 });
  });
});
