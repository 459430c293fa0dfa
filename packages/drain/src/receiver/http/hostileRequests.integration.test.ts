import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { certificates } from "../../../testing/certificates.js";
import { memoryMiB, message, ReceiverFixture } from "../../../testing/receiverFixture.js";
import { post, serveHttps } from "../../../testing/servers.js";

let fixture: ReceiverFixture;

beforeEach(() => {
  fixture = new ReceiverFixture();
});

afterEach(() => fixture.close());

describe("HTTP", () => {
  const send = (url: string, body: Uint8Array | string, headers = {}) =>
    post(url, body, { ca: certificates.server.ca, headers });

  test("bodies that are too large or expand too far are refused with 413", async () => {
    await fixture.close();
    fixture = new ReceiverFixture({ maxBodyBytes: 100_000 });
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    const before = memoryMiB();
    const gzip = { "content-encoding": "gzip" };
    expect((await send(server.url, bomb, gzip)).status).toBe(413);
    expect((await send(server.url, Buffer.alloc(100_001))).status).toBe(413);
    const chunked = await fixture.receiver.fetch({
      method: "POST",
      url: server.url,
      headers: new Headers(),
      body: new Blob(Array(11).fill("x".repeat(10_000))).stream(),
    });
    expect(chunked.status).toBe(413);
    expect(memoryMiB() - before).toBeLessThan(30);
    expect(fixture.refusals.values.map(({ reason }) => reason)).toEqual(Array(3).fill("too-large"));
    expect((await send(server.url, gzipSync(message), gzip)).status).toBe(200);
  });

  test.each([
    ["that is not gzip", "abc", { "content-encoding": "gzip" }, 400, "invalid"],
    [
      "of cut gzip",
      gzipSync(message).subarray(0, 20),
      { "content-encoding": "gzip" },
      400,
      "invalid",
    ],
    ["of another encoding", "abc", { "content-encoding": "br" }, 415, "request"],
    ["without a message", "", {}, 400, "invalid"],
    ["of nonsense", "hello\nworld", {}, 400, "invalid"],
    ["of a million tiny frames", "1 x".repeat(300_000), {}, 400, "invalid"],
  ])("a body %s is refused", async (_, body, headers, status, reason) => {
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const begin = performance.now();
    expect((await send(server.url, body, headers)).status).toBe(status);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(fixture.refusals.values).toMatchObject([{ reason, status }]);
    expect(fixture.receiver.stats.received).toBe(0);
  });

  test("a slow body is refused with 408, and others are answered meanwhile", async () => {
    await fixture.close();
    fixture = new ReceiverFixture({ receiveTimeoutMs: 200 });
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const { ca } = certificates.server;
    const socket = connectTls({ port: server.port, servername: "localhost", ca });
    socket.on("error", () => {});
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<14>");
    const answer = once(socket, "data");
    expect((await send(server.url, message)).status).toBe(200);
    expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 408 /);
    socket.destroy();
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([{ reason: "timeout" }]);
  });

  test("a client that disconnects within a body has sent nothing", async () => {
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const { ca } = certificates.server;
    const socket = connectTls({ port: server.port, servername: "localhost", ca });
    socket.on("error", () => {});
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${message}`, () =>
      socket.destroy(),
    );
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([{ reason: "incomplete" }]);
    expect((await send(server.url, message)).status).toBe(200);
    expect(fixture.receiver.stats.received).toBe(1);
  });

  test("bodies beyond maxPendingBytes are refused with 503, until there is room again", async () => {
    await fixture.close();
    fixture = new ReceiverFixture({ maxPendingBytes: 1_000 });
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const { ca } = certificates.server;
    const socket = connectTls({ port: server.port, servername: "localhost", ca });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${"x".repeat(990)}`);
    let status = 200;
    while (status === 200) {
      ({ status } = await send(server.url, message));
    }
    expect(status).toBe(503);
    expect(fixture.refusals.values).toMatchObject([{ reason: "overload" }]);
    socket.destroy();
    while (status !== 200) {
      ({ status } = await send(server.url, message));
    }
  });

  test("other methods are refused with 405", async () => {
    await using server = await serveHttps(fixture.receiver.node, certificates);
    const { status, headers } = await post(server.url, "", {
      ca: certificates.server.ca,
      method: "GET",
    });
    expect([status, headers["allow"]]).toEqual([405, "POST"]);
  });
});
