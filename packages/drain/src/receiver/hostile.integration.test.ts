import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { gzipSync } from "node:zlib";
import { Recorder } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { localCertificates, post, serveHttps } from "../../testing/servers.js";
import {
  createDrainReceiver,
  type DrainMessage,
  type DrainReceiver,
  type DrainReceiverError,
  type DrainReceiverOptions,
} from "../index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await localCertificates();
});

const message = "<14>1 - - app [0] - - good\n";
const frame = `${message.length} ${message}`;

/** A receiver with a server, and a well-behaved sender beside those that a test adds. */
class Scene {
  readonly refusals = new Recorder<DrainReceiverError>();
  readonly invalid = new Recorder<Error>();
  readonly messages = new Recorder<DrainMessage>();
  readonly receiver: DrainReceiver;
  port = 0;
  readonly #sockets: Socket[] = [];

  constructor(options: DrainReceiverOptions = {}) {
    this.receiver = createDrainReceiver({
      onInvalid: this.invalid.add,
      onRefused: this.refusals.add,
      ...options,
    });
    void this.#consume();
  }

  async listen(): Promise<void> {
    ({ port: this.port } = await this.receiver.listenTcp({ host: "127.0.0.1" }));
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    socket.on("error", () => {});
    this.#sockets.push(socket);
    await once(socket, "connect");
    return socket;
  }

  /** Expects that a connection beside the hostile ones works. */
  async stillWorks(): Promise<void> {
    const before = this.messages.values.length;
    const socket = await this.connect();
    socket.end(frame.repeat(3));
    await this.messages.count(before + 3);
  }

  async #consume(): Promise<void> {
    for await (const received of this.receiver) {
      this.messages.add(received);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await this.receiver.close();
  }
}

let scene: Scene;

async function start(options: DrainReceiverOptions = {}): Promise<Scene> {
  scene = new Scene(options);
  await scene.listen();
  return scene;
}

beforeEach(() => {
  scene = new Scene();
});

afterEach(() => scene.close());

/** Resolves when the connection is closed, also if by an error. */
const closed = (socket: Socket) =>
  new Promise<void>((resolve) =>
    socket
      .on("error", () => {})
      .resume()
      .once("close", () => resolve()),
  );
const memoryMiB = () => process.memoryUsage().arrayBuffers / 1024 ** 2;

describe("TCP", () => {
  test("an endless line is skipped in bounded memory and ends with a timeout", async () => {
    await start({ receiveTimeoutMs: 300, maxMessageBytes: 10_000 });
    const socket = await scene.connect();
    const ended = closed(socket);
    const before = memoryMiB();
    const chunk = Buffer.alloc(64 * 1024, "a");
    socket.write("<14>1 ");
    let sent = 0;
    const send = () => {
      while (!socket.destroyed && socket.write(chunk)) {
        sent += chunk.length;
      }
    };
    socket.on("drain", send);
    send();
    await scene.stillWorks();
    await ended;
    expect(scene.invalid.values.map(({ name }) => name)).toEqual(["UnmarshalError"]);
    expect(scene.refusals.values).toMatchObject([
      { name: "DrainReceiverError", reason: "timeout" },
    ]);
    expect(sent).toBeGreaterThan(1024 * 1024);
    expect(memoryMiB() - before).toBeLessThan(64);
    await scene.stillWorks();
  });

  test("a count of 4 GiB is not allocated", async () => {
    await start({ receiveTimeoutMs: 200 });
    const socket = await scene.connect();
    const before = memoryMiB();
    const ended = closed(socket);
    socket.write(`${frame}4294967296 <14>1 `);
    await scene.invalid.count(1);
    expect(scene.invalid.values).toMatchObject([{ property: "length", value: "4294967296" }]);
    await scene.stillWorks();
    await ended;
    expect(scene.refusals.values).toMatchObject([{ reason: "timeout" }]);
    expect(memoryMiB() - before).toBeLessThan(16);
  });

  test("a message that is too long does not affect the next ones", async () => {
    await start({ maxMessageBytes: 1_000 });
    const socket = await scene.connect();
    const long = `<14>1 - - app - - - ${"x".repeat(200_000)}`;
    socket.write(`${frame}${long.length} ${long}${frame}`);
    await scene.messages.count(2);
    expect(scene.invalid.values).toHaveLength(1);
  });

  test("a million tiny frames are refused early, and 100,000 tiny messages are received", async () => {
    await start();
    const socket = await scene.connect();
    const ended = closed(socket);
    socket.write("1 x".repeat(1_000_000));
    await ended;
    expect(scene.invalid.values.length).toBeLessThan(200);
    expect(scene.refusals.values).toMatchObject([{ reason: "invalid" }]);
    const tiny = "<14>1 - - - - - -";
    const other = await scene.connect();
    const piece = `${tiny.length} ${tiny}`.repeat(10_000);
    for (let i = 0; i < 10; i++) {
      if (!other.write(piece)) {
        await once(other, "drain");
      }
    }
    await scene.stillWorks();
    await scene.messages.count(100_003);
  });

  test("500 slow senders are ended, and the others are not delayed", async () => {
    await start({ receiveTimeoutMs: 400 });
    const sockets = await Promise.all(Array.from({ length: 500 }, () => scene.connect()));
    const ended = Promise.all(sockets.map((socket) => closed(socket)));
    const drip = setInterval(() => {
      for (const socket of sockets) {
        socket.write(".");
      }
    }, 100);
    try {
      for (const socket of sockets) {
        socket.write("1000 <14>1 ");
      }
      await scene.stillWorks();
      await ended;
    } finally {
      clearInterval(drip);
    }
    expect(scene.refusals.values).toHaveLength(500);
    expect(new Set(scene.refusals.values.map(({ reason }) => reason))).toEqual(
      new Set(["timeout"]),
    );
    while (scene.receiver.stats.connections > 0) {
      await new Promise(setImmediate);
    }
  });

  test("connections beyond maxConnections are closed, and existing ones stay open", async () => {
    await start({ maxConnections: 2 });
    const [first] = [await scene.connect(), await scene.connect()];
    while (scene.receiver.stats.connections < 2) {
      await new Promise(setImmediate);
    }
    const third = await scene.connect();
    await closed(third);
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([{ reason: "overload" }]);
    first?.write(frame);
    await scene.messages.count(1);
  });

  test("a half-closed connection is read to its end; a cut message is reported", async () => {
    await start();
    const socket = await scene.connect();
    const ended = closed(socket);
    socket.end(`${frame}100 <14>1 - - app`);
    await ended;
    await scene.messages.count(1);
    expect(scene.invalid.values).toHaveLength(1);
    expect(scene.refusals.values).toMatchObject([{ reason: "incomplete" }]);
  });

  test("a reset is reported, and does not affect others", async () => {
    await start();
    const socket = await scene.connect();
    socket.write(`${frame}100 <14>1`);
    await scene.messages.count(1);
    socket.resetAndDestroy();
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([
      { reason: "incomplete", cause: { code: "ECONNRESET" } },
    ]);
    await scene.stillWorks();
  });

  test("an idle connection is closed only with idleTimeoutMs", async () => {
    await start({ idleTimeoutMs: 30, receiveTimeoutMs: 20 });
    const socket = await scene.connect();
    socket.write(frame);
    await closed(socket);
    expect(scene.refusals.values).toMatchObject([{ reason: "idle" }]);
    await start({ receiveTimeoutMs: 20 });
    const patient = await scene.connect();
    await new Promise((resolve) => setTimeout(resolve, 80));
    patient.write(frame);
    await scene.messages.count(1);
  });
});

describe("TLS", () => {
  const options = () => ({ ...certificates.server, host: "127.0.0.1" });

  test.each([
    ["no certificate", async () => ({})],
    [
      "an expired certificate",
      () =>
        certificates.authority.issue({
          commonName: "client",
          notAfter: new Date(Date.now() - 1_000),
        }),
    ],
    ["a certificate of another authority", async () => (await createCertificates()).client],
  ])("a client with %s is refused, with the reason", async (_, identity) => {
    const { port } = await scene.receiver.listenTls(options());
    const { ca } = certificates.server;
    const socket = connectTls({ port, servername: "localhost", ...(await identity()), ca });
    socket.on("error", () => {});
    await closed(socket);
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([
      {
        reason: "handshake",
        cause: expect.any(Error),
        message: expect.stringContaining("certificate"),
      },
    ]);
  });

  test("a function accepts or rejects certificates", async () => {
    await scene.close();
    const subjects: string[] = [];
    scene = new Scene({
      auth: {
        clientCertificate({ subject }) {
          subjects.push(subject);
          return false;
        },
      },
    });
    const { port } = await scene.receiver.listenTls(options());
    const { ca, cert, key } = certificates.client;
    const socket = connectTls({ port, servername: "localhost", ca, cert, key });
    socket.on("error", () => {});
    await closed(socket);
    await scene.refusals.count(1);
    expect(subjects).toEqual(["client"]);
    expect(scene.refusals.values).toMatchObject([{ reason: "certificate" }]);
  });

  test("connections that end within a handshake are closed", async () => {
    ({ port: scene.port } = await scene.receiver.listenTls(options()));
    const socket = await scene.connect();
    // The beginning of a handshake record.
    socket.end(Buffer.from([22, 3, 1, 2, 0, 1]));
    await closed(socket);
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([{ reason: "handshake" }]);
    // Longer than this test may take, if the server kept the connection.
    await scene.receiver.close();
  });

  test("plain text instead of a handshake is refused, and silence times out", async () => {
    await scene.close();
    scene = new Scene({ receiveTimeoutMs: 100 });
    ({ port: scene.port } = await scene.receiver.listenTls(options()));
    const talking = await scene.connect();
    talking.write(frame);
    await closed(talking);
    const silent = await scene.connect();
    await closed(silent);
    await scene.refusals.count(2);
    expect(scene.refusals.values.map(({ reason }) => reason)).toEqual(["handshake", "handshake"]);
  });
});

describe("HTTP", () => {
  const send = (url: string, body: Uint8Array | string, headers = {}) =>
    post(url, body, { ca: certificates.server.ca, headers });

  test("bodies that are too large or expand too far are refused with 413", async () => {
    await scene.close();
    scene = new Scene({ maxBodyBytes: 100_000 });
    await using server = await serveHttps(scene.receiver.node, certificates);
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    const before = memoryMiB();
    const gzip = { "content-encoding": "gzip" };
    expect((await send(server.url, bomb, gzip)).status).toBe(413);
    expect((await send(server.url, Buffer.alloc(100_001))).status).toBe(413);
    const chunked = await scene.receiver.fetch({
      method: "POST",
      url: server.url,
      headers: new Headers(),
      body: new Blob(Array(11).fill("x".repeat(10_000))).stream(),
    });
    expect(chunked.status).toBe(413);
    expect(memoryMiB() - before).toBeLessThan(30);
    expect(scene.refusals.values.map(({ reason }) => reason)).toEqual(Array(3).fill("too-large"));
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
    await using server = await serveHttps(scene.receiver.node, certificates);
    const begin = performance.now();
    expect((await send(server.url, body, headers)).status).toBe(status);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(scene.refusals.values).toMatchObject([{ reason, status }]);
    expect(scene.receiver.stats.received).toBe(0);
  });

  test("a slow body is refused with 408, and others are answered meanwhile", async () => {
    await scene.close();
    scene = new Scene({ receiveTimeoutMs: 200 });
    await using server = await serveHttps(scene.receiver.node, certificates);
    const { ca } = certificates.server;
    const socket = connectTls({ port: server.port, servername: "localhost", ca });
    socket.on("error", () => {});
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<14>");
    const answer = once(socket, "data");
    expect((await send(server.url, message)).status).toBe(200);
    expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 408 /);
    socket.destroy();
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([{ reason: "timeout" }]);
  });

  test("a client that disconnects within a body has sent nothing", async () => {
    await using server = await serveHttps(scene.receiver.node, certificates);
    const { ca } = certificates.server;
    const socket = connectTls({ port: server.port, servername: "localhost", ca });
    socket.on("error", () => {});
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${message}`, () =>
      socket.destroy(),
    );
    await scene.refusals.count(1);
    expect(scene.refusals.values).toMatchObject([{ reason: "incomplete" }]);
    expect((await send(server.url, message)).status).toBe(200);
    expect(scene.receiver.stats.received).toBe(1);
  });

  test("bodies beyond maxPendingBytes are refused with 503, until there is room again", async () => {
    await scene.close();
    scene = new Scene({ maxPendingBytes: 1_000 });
    await using server = await serveHttps(scene.receiver.node, certificates);
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
    expect(scene.refusals.values).toMatchObject([{ reason: "overload" }]);
    socket.destroy();
    while (status !== 200) {
      ({ status } = await send(server.url, message));
    }
  });

  test("other methods are refused with 405", async () => {
    await using server = await serveHttps(scene.receiver.node, certificates);
    const { status, headers } = await post(server.url, "", {
      ca: certificates.server.ca,
      method: "GET",
    });
    expect([status, headers["allow"]]).toEqual([405, "POST"]);
  });
});
