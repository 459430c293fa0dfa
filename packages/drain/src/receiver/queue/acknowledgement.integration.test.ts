import { connect as connectTcp } from "node:net";
import { Recorder } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { certificates } from "../../../testing/certificates.js";
import { line, textOf } from "../../../testing/messages.js";
import { post, serveHttps, take } from "../../../testing/servers.js";
import { createDrainReceiver } from "../../index.js";

describe("acknowledgement", () => {
  test("acknowledge consumed: a request is answered when the loop has consumed its messages", async () => {
    const receiver = createDrainReceiver({ acknowledge: "consumed" });
    await using server = await serveHttps(receiver.node, certificates);
    let answered = false;
    const posting = post(server.url, line("one") + line("two"), {
      ca: certificates.server.ca,
    }).finally(() => {
      answered = true;
    });
    const iterator = receiver[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    void iterator.next();
    expect((await posting).status).toBe(200);
    await iterator.return?.();
  });

  test("acknowledge consumed: leaving the loop fails the request, and its other messages are not delivered", async () => {
    const receiver = createDrainReceiver({ acknowledge: "consumed" });
    const body = line("one") + line("two");
    const answering = receiver.fetch(new Request("https://x.example", { method: "POST", body }));
    await expect(async () => {
      for await (const message of receiver) {
        throw new Error(textOf(message));
      }
    }).rejects.toThrow("one");
    const { status, headers } = await answering;
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(receiver.stats.queued).toBe(0);
    // The sender repeats the request.
    const taking = take(receiver, 2);
    const again = receiver.fetch(new Request("https://x.example", { method: "POST", body }));
    expect((await taking).map(textOf)).toEqual(["one", "two"]);
    void again;
  });

  test("acknowledge received: messages that the loop has not received are kept for the next loop", async () => {
    const receiver = createDrainReceiver();
    await receiver.fetch(
      new Request("https://x.example", { method: "POST", body: line("one") + line("two") }),
    );
    expect((await take(receiver, 1)).map(textOf)).toEqual(["one"]);
    expect((await take(receiver, 1)).map(textOf)).toEqual(["two"]);
  });

  test("a batch is consumed when the loop requests the next one", async () => {
    const receiver = createDrainReceiver({ acknowledge: "consumed" });
    const body = line("one") + line("two") + line("three");
    const answering = receiver.fetch(new Request("https://x.example", { method: "POST", body }));
    const sizes: number[] = [];
    const consuming = (async () => {
      for await (const batch of receiver.batches({ maxSize: 2 })) {
        sizes.push(batch.length);
      }
    })();
    expect((await answering).status).toBe(200);
    expect(sizes).toEqual([2, 1]);
    await receiver.close();
    await consuming;
  });

  test("messages of a client that disconnects before the acknowledgement are removed", async () => {
    const refusals = new Recorder<string>();
    const receiver = createDrainReceiver({
      acknowledge: "consumed",
      onRefused: ({ reason }) => refusals.add(reason),
    });
    await using server = await serveHttps(receiver.node, certificates);
    const abort = new AbortController();
    const posting = post(server.url, line("one"), {
      ca: certificates.server.ca,
      signal: abort.signal,
    });
    while (receiver.stats.queued === 0) {
      await new Promise(setImmediate);
    }
    abort.abort();
    await expect(posting).rejects.toThrow();
    await refusals.count(1);
    const again = post(server.url, line("two"), { ca: certificates.server.ca });
    expect((await take(receiver, 1)).map(textOf)).toEqual(["two"]);
    await again;
  });
});

describe("backpressure", () => {
  test("a full queue delays answers", async () => {
    const receiver = createDrainReceiver({ maxQueueSize: 1 });
    const postOne = (text: string) =>
      receiver.fetch(new Request("https://x.example", { method: "POST", body: line(text) }));
    await postOne("one");
    const [second, third] = [postOne("two"), postOne("three")];
    await new Promise(setImmediate);
    expect(receiver.stats.queued).toBe(1);
    expect((await take(receiver, 3)).map(textOf)).toEqual(["one", "two", "three"]);
    expect((await Promise.all([second, third])).map(({ status }) => status)).toEqual([200, 200]);
  });

  test("a full queue stops reading from connections, and nothing is lost", async () => {
    await using receiver = createDrainReceiver({ maxQueueSize: 10, receiveTimeoutMs: 50 });
    const server = await receiver.listenTcp({ host: "127.0.0.1" });
    const socket = connectTcp(server.port, "127.0.0.1");
    const count = 10_000;
    let blocked = false;
    for (let i = 0; i < count; i++) {
      const text = line(String(i).padEnd(1_000, "."));
      blocked = !socket.write(`${text.length} ${text}`) || blocked;
    }
    socket.end();
    while (receiver.stats.queued < 10) {
      await new Promise(setImmediate);
    }
    // Longer than receiveTimeoutMs, which is suspended while the receiver does not read.
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(socket.writableLength).toBeGreaterThan(0);
    expect(receiver.stats.received).toBeLessThan(2_000);
    const messages = await take(receiver, count);
    expect(messages.map((message) => Number.parseInt(textOf(message), 10))).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    expect(receiver.stats).toMatchObject({ invalid: 0, refused: 0 });
  });
});
