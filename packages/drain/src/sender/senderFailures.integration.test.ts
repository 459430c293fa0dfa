import { createServer } from "node:http";
import type { Socket } from "node:net";
import { listen, Recorder, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { certificates, localCertificates } from "../../testing/certificates.js";
import { RawReceiver, startRawServer } from "../../testing/rawReceiver.js";
import { createSender } from "../../testing/senders.js";
import type { serveHttps } from "../../testing/servers.js";
import { createDrainReceiver, DrainCloseError, type DrainSendError } from "../index.js";

describe("failures", () => {
  test("are retried with the agent's delays, 22 attempts in total; then the next is sent", async () => {
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
      // The agent's delays, with a shorter maximum.
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

  test("receivers that do not answer or do not read are reported as stalled", async () => {
    await using silent = await RawReceiver.start(certificates.server, () => {});
    await using paused = await startRawServer(certificates.server, (socket) => socket.pause());
    for (const url of [
      `https://localhost:${silent.server.port}`,
      `syslog-tls://localhost:${paused.port}`,
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
      "with another name",
      () => certificates.authority.issue({ commonName: "other.example" }),
      /altnames.*Use a name/i,
    ],
    ["of an unknown authority", async () => (await localCertificates()).server, /tls\.ca/],
  ])("the error for a certificate %s contains a remedy", async (_, issue, message) => {
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
