import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { certificates } from "../../testing/certificates.js";
import { line, textOf } from "../../testing/messages.js";
import { post, serveHttps, take } from "../../testing/servers.js";
import {
  carried,
  httpsBatchBodies,
  httpsBodies,
  sorted,
  syslogTlsBytes,
} from "../../testing/vectors.js";
import { createDrainReceiver, type DrainMessage } from "../index.js";

const envelopesOf = (messages: readonly DrainMessage[]) => messages.map(({ envelope }) => envelope);

describe("reads the messages of the syslog agent", () => {
  test("over https, with one message per request", async () => {
    const receiver = createDrainReceiver();
    await using server = await serveHttps(receiver.node, certificates);
    const taking = take(receiver, carried.length);
    for (const body of httpsBodies) {
      const { status } = await post(`${server.url}/one?drain-data=all`, body, {
        ca: certificates.server.ca,
      });
      expect(status).toBe(200);
    }
    const messages = await taking;
    expect(sorted(envelopesOf(messages))).toEqual(sorted(carried));
    expect(messages[0]?.binding).toMatchObject({
      transport: "http",
      path: "/one?drain-data=all",
      remoteAddress: expect.stringContaining("127.0.0.1"),
    });
  });

  test.each(["identity", "gzip", "deflate"])(
    "over https-batch, encoded as %s",
    async (encoding) => {
      const receiver = createDrainReceiver();
      await using server = await serveHttps(receiver.node, certificates);
      const taking = take(receiver, carried.length);
      for (const body of httpsBatchBodies) {
        const encode =
          { gzip: gzipSync, deflate: deflateSync }[encoding] ?? ((bytes: Buffer) => bytes);
        const { status } = await post(server.url, encode(body), {
          ca: certificates.server.ca,
          headers: { "content-encoding": encoding },
        });
        expect(status).toBe(200);
      }
      expect(sorted(envelopesOf(await taking))).toEqual(sorted(carried));
    },
  );

  test("with the fetch handler", async () => {
    const receiver = createDrainReceiver();
    const taking = take(receiver, carried.length);
    for (const [index, body] of httpsBatchBodies.entries()) {
      const isGzip = index === 1;
      const { status } = await receiver.fetch(
        new Request("https://drain.example/batch?x=1", {
          method: "POST",
          body: isGzip ? gzipSync(body) : body,
          headers: isGzip ? { "content-encoding": "gzip" } : {},
        }),
      );
      expect(status).toBe(200);
    }
    const messages = await taking;
    expect(sorted(envelopesOf(messages))).toEqual(sorted(carried));
    expect(messages[0]?.binding).toMatchObject({ transport: "http", path: "/batch?x=1" });
  });

  test.each([1, 17, 1_000, 100_000])("over syslog-tls, in writes of %i bytes", async (size) => {
    await using receiver = createDrainReceiver();
    const server = await receiver.listenTls({ ...certificates.server, host: "127.0.0.1" });
    const taking = take(receiver, carried.length);
    const { ca, cert, key } = certificates.client;
    const socket = connectTls({ port: server.port, servername: "localhost", ca, cert, key });
    for (let at = 0; at < syslogTlsBytes.length; at += size) {
      socket.write(syslogTlsBytes.subarray(at, at + size));
    }
    socket.end();
    const messages = await taking;
    expect(sorted(envelopesOf(messages))).toEqual(sorted(carried));
    expect(messages[0]?.binding).toMatchObject({
      transport: "syslog-tls",
      certificate: { subject: "client", fingerprint256: expect.stringMatching(/^[\dA-F:]{95}$/) },
    });
  });
});

test("reads lines over plain TCP, and the last one without a line end", async () => {
  await using receiver = createDrainReceiver();
  const server = await receiver.listenTcp({ host: "127.0.0.1", framing: "newline" });
  const socket = connectTcp(server.port, "127.0.0.1");
  socket.end(`${line("one")}\r\n${line("two")}${line("three").trimEnd()}`);
  const messages = await take(receiver, 3);
  expect(messages.map(textOf)).toEqual(["one", "two", "three"]);
  expect(messages[0]?.binding.transport).toBe("syslog");
});

describe("joinGauges", () => {
  const metric = (name: string, time: string, tag = "a") =>
    `<14>1 ${time} - app [0] - [gauge@47450 name="${name}" value="1" unit="u"][tags@47450 t="${tag}"] \n`;
  const [first, second] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
  const metrics = ({ envelope: { message } }: DrainMessage) =>
    message?.$case === "gauge" ? Object.keys(message.value.metrics) : message?.$case;
  const body =
    metric("cpu", first) +
    metric("memory", first) +
    metric("disk", first, "other") +
    metric("cpu", second) +
    metric("cpu", second) +
    metric("memory", second) +
    line("log");
  const joined = [["cpu", "memory"], ["disk"], ["cpu"], ["cpu", "memory"], "log"];

  test.each(["received", "consumed"] as const)(
    "joins metrics of the same time in a request (%s)",
    async (acknowledge) => {
      const receiver = createDrainReceiver({ joinGauges: true, acknowledge });
      const taking = take(receiver, 5);
      await receiver.fetch(new Request("https://x.example", { method: "POST", body }));
      const all = (await taking).map(metrics);
      // The log is of another instance, so it need not wait for the gauges.
      expect(all.filter((names) => names !== "log")).toEqual(joined.slice(0, 4));
    },
  );

  test("joins them across requests, and releases them after a delay", async () => {
    const receiver = createDrainReceiver({ joinGauges: true });
    for (const name of ["cpu", "memory", "disk"]) {
      await receiver.fetch(
        new Request("https://x.example", { method: "POST", body: metric(name, first) }),
      );
    }
    expect((await take(receiver, 1)).map(metrics)).toEqual([["cpu", "memory", "disk"]]);
  });
});

describe("closing", () => {
  test("reads pending messages, ends the loop, and refuses requests", async () => {
    const receiver = createDrainReceiver();
    const status = receiver.status();
    expect((await status.next()).value).toEqual({ type: "open" });
    const server = await receiver.listenTls({ ...certificates.server, host: "127.0.0.1" });
    const { ca, cert, key } = certificates.client;
    const socket = connectTls({ port: server.port, servername: "localhost", ca, cert, key });
    await once(socket, "secureConnect");
    const received: string[] = [];
    const looping = (async () => {
      for await (const message of receiver) {
        received.push(textOf(message));
      }
    })();
    socket.write(`${line("one").length} ${line("one")}`);
    socket.resume();
    socket.once("end", () => socket.end(`${line("two").length} ${line("two")}`));
    while (received.length === 0) {
      await new Promise(setImmediate);
    }
    await receiver.close();
    await looping;
    expect(received).toEqual(["one", "two"]);
    expect((await status.next()).value).toEqual({ type: "closing" });
    expect((await status.next()).value).toEqual({ type: "closed" });
    expect((await status.next()).done).toBe(true);
    const late = await receiver.fetch(
      new Request("https://x.example", { method: "POST", body: line("late") }),
    );
    expect(late.status).toBe(503);
    expect(receiver.stats).toMatchObject({ connections: 0, queued: 0 });
  });

  test("after closeTimeoutMs, destroys connections that senders have not ended", async () => {
    const receiver = createDrainReceiver({ closeTimeoutMs: 20 });
    const server = await receiver.listenTcp({ host: "127.0.0.1" });
    const socket = connectTcp({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    await once(socket, "connect");
    while (receiver.stats.connections === 0) {
      await new Promise(setImmediate);
    }
    const closed = once(socket.resume(), "close");
    await receiver.close();
    socket.destroy();
    await closed;
  });

  test("aborting the signal drops queued messages and closes everything immediately", async () => {
    const abort = new AbortController();
    const receiver = createDrainReceiver({ signal: abort.signal, acknowledge: "consumed" });
    const server = await receiver.listenTcp({ host: "127.0.0.1" });
    const socket = connectTcp(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(line("one"));
    const answering = receiver.fetch(
      new Request("https://x.example", { method: "POST", body: line("two") }),
    );
    while (receiver.stats.queued < 2) {
      await new Promise(setImmediate);
    }
    const closed = once(socket.resume(), "close");
    abort.abort();
    await closed;
    expect((await answering).status).toBe(503);
    expect(await take(receiver, 1)).toEqual([]);
    await receiver.close();
    expect((await receiver.status().next()).value).toEqual({ type: "closed" });
  });
});

test("certificates can be changed while the server runs", async () => {
  await using receiver = createDrainReceiver();
  const { cert, key } = certificates.server;
  const server = await receiver.listenTls({ cert, key, host: "127.0.0.1" });
  const fingerprint = async () => {
    const socket = connectTls({ port: server.port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  const before = await fingerprint();
  const next = await certificates.authority.issue({ commonName: "localhost" });
  server.setTls(next);
  expect(await fingerprint()).not.toBe(before);
});

test("without a logger, the first invalid message and refusal are each reported once", async () => {
  const warnings: string[] = [];
  const note = ({ name, message }: Error) => {
    if (name === "LoggregatorWarning") {
      warnings.push(message);
    }
  };
  process.on("warning", note);
  try {
    const receiver = createDrainReceiver();
    for (let i = 0; i < 3; i++) {
      await receiver.fetch(new Request("https://x.example", { method: "POST", body: "nonsense" }));
    }
    await new Promise(setImmediate);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^drain receiver: cannot read the message: /);
    const silent = createDrainReceiver({ logger: null });
    await silent.fetch(new Request("https://x.example", { method: "POST", body: "nonsense" }));
    await new Promise(setImmediate);
    expect(warnings).toHaveLength(2);
  } finally {
    process.off("warning", note);
  }
});

test("failures of callbacks and loggers do not affect the receiver", async () => {
  const fail = () => {
    throw new Error("from a callback");
  };
  const receiver = createDrainReceiver({
    onInvalid: fail,
    onRefused: fail,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
  });
  const body = `${line("one")}<14>1 2026 nonsense\n${line("two")}`;
  const { status } = await receiver.fetch(
    new Request("https://x.example", { method: "POST", body }),
  );
  expect(status).toBe(200);
  expect((await take(receiver, 2)).map(textOf)).toEqual(["one", "two"]);
  expect(receiver.stats).toMatchObject({ received: 2, invalid: 1, refused: 0 });
});
