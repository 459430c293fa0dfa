import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { logEnvelope } from "@loggregator/api";
import { abortListeners, listen, Recorder, reserveTcpPort, TcpProxy } from "@loggregator/testing";
import type { Certificates } from "@loggregator/testing/certificates";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { RawReceiver, startRawServer } from "../../testing/rawReceiver.js";
import { localCertificates, serveHttps } from "../../testing/servers.js";
import { envelopes, httpsBodies, httpsRequests, syslogTlsBytes } from "../../testing/vectors.js";
import {
  createDrainReceiver,
  DrainCloseError,
  type DrainSendError,
  DrainSender,
  type DrainSenderOptions,
} from "../index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await localCertificates();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** In their order the metrics of a gauge come at random. */
const sortedText = (messages: readonly Uint8Array[]) =>
  messages.map((message) => Buffer.from(message).toString("latin1")).sort();
const agentMessages = sortedText(httpsBodies);

function createSender(options: DrainSenderOptions): DrainSender {
  const { ca } = certificates.server;
  return new DrainSender({ tls: { ca }, hostname: "-", logger: null, ...options });
}

/** Splits octet-counted frames. */
function framesOf(stream: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at < stream.length) {
    const space = stream.indexOf(" ", at);
    const end = space + 1 + Number(stream.toString("latin1", at, space));
    frames.push(stream.subarray(space + 1, end));
    at = end;
  }
  return frames;
}

describe("writes the bytes of the syslog agent", () => {
  const path = "/one?include-metrics-deprecated=true";

  test("over https: a request for each message", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({ url: `https://localhost:${receiver.server.port}${path}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    const { values } = receiver.requests;
    expect(sortedText(values.map(({ body }) => body))).toEqual(agentMessages);
    // In the agent's order, but for the metrics of a gauge.
    expect(values.slice(0, 40).map(({ body }) => body)).toEqual(httpsBodies.slice(0, 40));
    const [theirs] = httpsRequests;
    expect(values[0]).toMatchObject({
      method: theirs?.method,
      path,
      headers: {
        "content-type": theirs?.headers["content-type"],
        "content-length": theirs?.headers["content-length"],
        host: `localhost:${receiver.server.port}`,
      },
    });
    expect(values[0]?.headers).not.toHaveProperty("authorization");
    expect(sender.stats).toEqual({ sent: 74, dropped: 0, queued: 0, reconnects: 0 });
    // All over one connection.
    expect(receiver.server.sockets.size).toBeLessThan(2);
  });

  test("over https-batch: messages without framing", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({ url: `https-batch://localhost:${receiver.server.port}${path}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    expect(receiver.requests.values).toHaveLength(1);
    const body = receiver.requests.values[0]?.body as Buffer;
    expect(body.length).toBe(httpsBodies.reduce((sum, { length }) => sum + length, 0));
    expect(receiver.requests.values[0]).toMatchObject({
      method: "POST",
      path,
      headers: { "content-type": "text/plain", "content-length": String(body.length) },
    });
    for (const message of agentMessages) {
      expect(body.includes(Buffer.from(message, "latin1"))).toBe(true);
    }
  });

  test.each(["syslog-tls", "syslog"])("over %s: octet counting", async (scheme) => {
    const bytes: Buffer[] = [];
    const ended = new Recorder<void>();
    const tls = scheme === "syslog" ? undefined : certificates.server;
    await using server = await startRawServer(tls, (socket) => {
      socket.on("data", (chunk) => bytes.push(chunk));
      socket.on("end", ended.add);
    });
    const sender = createSender({ url: `${scheme}://localhost:${server.port}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    await ended.count(1);
    const stream = Buffer.concat(bytes);
    expect(stream.length).toBe(syslogTlsBytes.length);
    expect(sortedText(framesOf(stream))).toEqual(sortedText(framesOf(syslogTlsBytes)));
  });
});

describe("to our receiver", () => {
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

describe("failures", () => {
  test("are retried with the agent's delays, 22 attempts in all; then the next is sent", async () => {
    const delays: number[] = [];
    await using receiver = await RawReceiver.start(certificates.server, (response, number) => {
      response.statusCode = number < 22 ? 500 : 204;
      response.end();
    });
    const warnings: string[] = [];
    const note = (message: string) => warnings.push(message);
    const sender = createSender({
      url: `https://localhost:${receiver.server.port}`,
      logger: { debug: note, info: note, warn: note, error: note },
      // The agent's, but for the longest delay.
      retry: { maxDelayMs: 8 },
      onRetryableError: (error, attempt, delayMs) => {
        expect(error).toMatchObject({ name: "DrainSendError", reason: "status", status: 500 });
        expect(attempt).toBe(delays.length + 1);
        delays.push(delayMs);
      },
    });
    sender.emitLog("one");
    sender.emitLog("two");
    await sender.flush();
    expect(delays).toHaveLength(21);
    for (const [index, delayMs] of delays.entries()) {
      const most = Math.min(8, 2 ** index);
      expect(delayMs).toBeGreaterThanOrEqual(most / 2);
      expect(delayMs).toBeLessThanOrEqual(most);
    }
    expect(sender.stats).toEqual({ sent: 1, dropped: 1, queued: 0, reconnects: 21 });
    expect(String(receiver.requests.values.at(-1)?.body)).toMatch(/two\n$/);
    expect(warnings.join()).toMatch(
      /answered 500 Internal Server Error; dropped 1 envelope after 22/,
    );
    await sender.close();
  });

  test.each([
    [302, /Redirects are not followed/],
    [401, /Check the user and password/],
    [413, /answered 413/],
  ])("with the status %i contain it and a remedy", async (status, message) => {
    await using receiver = await RawReceiver.start(certificates.server, (response) => {
      response.writeHead(status, { location: "https://elsewhere.example" }).end("no");
    });
    const errors = new Recorder<Error>();
    const sender = createSender({
      url: `https://user:geheim@localhost:${receiver.server.port}/path?token=geheim`,
      onRetryableError: errors.add,
      closeTimeoutMs: 20,
    });
    sender.emitLog("one");
    await errors.count(1);
    expect(errors.values[0]?.message).toMatch(message);
    expect(errors.values[0]?.message).not.toContain("geheim");
    await expect(sender.close()).rejects.toThrow(DrainCloseError);
  });

  test.each(["https", "https-batch", "syslog-tls", "syslog"])(
    "of a receiver that is down do not lose envelopes: %s",
    async (scheme) => {
      await using port = await reserveTcpPort();
      const failures = new Recorder<DrainSendError>();
      const { ca, cert, key } = certificates.client;
      await using sender = createSender({
        url: `${scheme}://localhost:${port.port}`,
        tls: { ca, cert, key },
        onRetryableError: failures.add,
      });
      for (let i = 0; i < 10; i++) {
        sender.emitLog(String(i));
      }
      await failures.count(3);
      expect(failures.values[0]).toMatchObject({
        reason: "connection",
        message: expect.stringMatching(/ECONNREFUSED.*Is the receiver running/),
      });
      await using receiver = createDrainReceiver();
      const place = { port: port.port, host: "127.0.0.1" };
      const web = scheme.startsWith("https") ? await httpsAt(receiver.node, port.port) : undefined;
      await using _ =
        web ??
        (scheme === "syslog"
          ? await receiver.listenTcp(place)
          : await receiver.listenTls({ ...certificates.server, ...place }));
      await sender.close();
      expect(sender.stats).toMatchObject({ sent: 10, dropped: 0, queued: 0 });
      const texts: string[] = [];
      for await (const { message } of receiver) {
        texts.push(Buffer.from(message.message).toString().trim());
        if (texts.length === 10) {
          break;
        }
      }
      expect(texts).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
    },
  );

  test("a metric of a gauge that was acknowledged is not sent again", async () => {
    await using receiver = await RawReceiver.start(certificates.server, (response, number) => {
      response.statusCode = number === 1 ? 503 : 200;
      response.end();
    });
    const sender = createSender({ url: `https://localhost:${receiver.server.port}` });
    sender.emitGauge({ a: { value: 1, unit: "" }, b: { value: 2, unit: "" } });
    await sender.close();
    const names = receiver.requests.values.map(({ body }) => /name="(.)"/.exec(String(body))?.[1]);
    expect(names).toEqual(["a", "b", "b"]);
  });

  test("a receiver that does not answer, and one that does not read, are stalled", async () => {
    await using silent = await RawReceiver.start(certificates.server, () => {});
    await using deaf = await startRawServer(certificates.server, (socket) => socket.pause());
    for (const url of [
      `https://localhost:${silent.server.port}`,
      `syslog-tls://localhost:${deaf.port}`,
    ]) {
      const failures = new Recorder<DrainSendError>();
      const abort = new AbortController();
      const sender = createSender({
        url,
        stallTimeoutMs: 50,
        onRetryableError: failures.add,
        signal: abort.signal,
      });
      for (let i = 0; i < 100; i++) {
        sender.emitLog("x".repeat(100_000));
      }
      await failures.count(1);
      expect(failures.values[0]).toMatchObject({ name: "DrainSendError", reason: "stalled" });
      abort.abort();
      expect(sender.stats.queued).toBe(0);
    }
  });

  test("a connection that was closed while it was idle is replaced without a failure", async () => {
    const sockets: Socket[] = [];
    const server = createServer((_, response) => response.end());
    server.on("connection", (socket) => sockets.push(socket));
    await using listening = await listen(server);
    const sender = createSender({ url: `http://localhost:${listening.port}` });
    sender.emitLog("one");
    await sender.flush();
    sockets[0]?.resetAndDestroy();
    sender.emitLog("two");
    await sender.close();
    expect(sender.stats).toEqual({ sent: 2, dropped: 0, queued: 0, reconnects: 0 });
  });

  test("when the receiver ends its side, the next messages go to a new connection", async () => {
    const received: string[] = [];
    const ended = new Recorder<void>();
    await using server = await startRawServer(certificates.server, (socket) => {
      socket.on("data", (chunk) => {
        received.push(String(chunk));
        socket.end();
      });
      socket.on("end", ended.add);
    });
    const sender = createSender({ url: `syslog-tls://localhost:${server.port}` });
    for (let i = 0; i < 5; i++) {
      sender.emitLog(`line ${i}`);
      await ended.count(i + 1);
      await new Promise(setImmediate);
    }
    await sender.close();
    expect(received.map((text) => /line \d/.exec(text)?.[0])).toEqual(
      Array.from({ length: 5 }, (_, i) => `line ${i}`),
    );
  });

  test.each<[string, () => Promise<{ cert: string; key: string }>, RegExp]>([
    [
      "expired",
      () =>
        certificates.authority.issue({
          commonName: "localhost",
          notAfter: new Date(Date.now() - 1000),
        }),
      /expired.*Renew/,
    ],
    [
      "for another name",
      () => certificates.authority.issue({ commonName: "other.example" }),
      /altnames.*Use a name/i,
    ],
    ["of an unknown authority", async () => (await localCertificates()).server, /tls\.ca/],
  ])("a certificate that is %s is named", async (_, issue, message) => {
    const { cert, key } = await issue();
    await using server = await startRawServer({ ca: "", cert, key }, () => {});
    const failures = new Recorder<DrainSendError>();
    const abort = new AbortController();
    const sender = createSender({
      url: `syslog-tls://localhost:${server.port}`,
      onRetryableError: failures.add,
      signal: abort.signal,
    });
    sender.emitLog("x");
    await failures.count(1);
    expect(failures.values[0]).toMatchObject({ reason: "tls", cause: expect.anything() });
    expect(failures.values[0]?.message).toMatch(message);
    abort.abort();
    await sender.close();
  });
});

async function httpsAt(handler: Parameters<typeof serveHttps>[0], port: number) {
  const { createServer: createHttps } = await import("node:https");
  const { cert, key } = certificates.server;
  return listen(createHttps({ cert, key }, handler), { port, host: "127.0.0.1" });
}

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

describe("proxies", () => {
  test("of the environment are used with CONNECT, except for loopback addresses", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const requests: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket: Socket) => {
      requests.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      const target = connect(receiver.server.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      target.on("error", () => socket.destroy());
      socket.on("error", () => target.destroy());
    });
    await using listening = await listen(proxy);
    vi.stubEnv("https_proxy", `http://me:pass@${listening.address}`);
    vi.stubEnv("no_proxy", "");
    const sender = createSender({
      url: "https://drain.example/path",
      tls: { ca: certificates.server.ca, serverName: "localhost" },
    });
    sender.emitLog("through the proxy");
    await sender.close();
    expect(requests).toEqual([`drain.example:443 Basic ${btoa("me:pass")}`]);
    expect(receiver.requests.values[0]?.headers.host).toBe("drain.example");
    const direct = createSender({ url: `https://localhost:${receiver.server.port}` });
    direct.emitLog("directly");
    await direct.close();
    expect(requests).toHaveLength(1);
  });

  test("that cannot be used are named", async () => {
    await using port = await reserveTcpPort();
    vi.stubEnv("https_proxy", `http://me:geheim@${port.address}`);
    vi.stubEnv("no_proxy", "");
    const failures = new Recorder<DrainSendError>();
    const abort = new AbortController();
    const sender = createSender({
      url: "syslog-tls://drain.example:6514",
      onRetryableError: failures.add,
      signal: abort.signal,
    });
    sender.emitLog("x");
    await failures.count(1);
    expect(failures.values[0]).toMatchObject({ reason: "proxy" });
    expect(failures.values[0]?.message).toContain(port.address);
    expect(failures.values[0]?.message).not.toContain("geheim");
    abort.abort();
    await sender.close();
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

  test("survives a network that breaks at random, over https-batch", async () => {
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
