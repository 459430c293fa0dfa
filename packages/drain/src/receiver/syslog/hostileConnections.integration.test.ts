import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { createCertificates } from "@loggregator/testing/certificates";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { certificates } from "../../../testing/certificates.js";
import { closed, frame, memoryMiB, ReceiverFixture } from "../../../testing/receiverFixture.js";
import type { DrainReceiverOptions } from "../../index.js";

let fixture: ReceiverFixture;

async function start(options: DrainReceiverOptions = {}): Promise<ReceiverFixture> {
  fixture = new ReceiverFixture(options);
  await fixture.listen();
  return fixture;
}

beforeEach(() => {
  fixture = new ReceiverFixture();
});

afterEach(() => fixture.close());

describe("TCP", () => {
  test("an endless line is skipped in bounded memory and ends with a timeout", async () => {
    await start({ receiveTimeoutMs: 300, maxMessageBytes: 10_000 });
    const socket = await fixture.connect();
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
    await fixture.stillWorks();
    await ended;
    expect(fixture.invalid.values.map(({ name }) => name)).toEqual(["UnmarshalError"]);
    expect(fixture.refusals.values).toMatchObject([
      { name: "DrainReceiverError", reason: "timeout" },
    ]);
    expect(sent).toBeGreaterThan(1024 * 1024);
    expect(memoryMiB() - before).toBeLessThan(64);
    await fixture.stillWorks();
  });

  test("a count of 4 GiB is not allocated", async () => {
    await start({ receiveTimeoutMs: 200 });
    const socket = await fixture.connect();
    const before = memoryMiB();
    const ended = closed(socket);
    socket.write(`${frame}4294967296 <14>1 `);
    await fixture.invalid.count(1);
    expect(fixture.invalid.values).toMatchObject([{ property: "length", value: "4294967296" }]);
    await fixture.stillWorks();
    await ended;
    expect(fixture.refusals.values).toMatchObject([{ reason: "timeout" }]);
    expect(memoryMiB() - before).toBeLessThan(16);
  });

  test("a message that is too long does not affect the next ones", async () => {
    await start({ maxMessageBytes: 1_000 });
    const socket = await fixture.connect();
    const long = `<14>1 - - app - - - ${"x".repeat(200_000)}`;
    socket.write(`${frame}${long.length} ${long}${frame}`);
    await fixture.messages.count(2);
    expect(fixture.invalid.values).toHaveLength(1);
  });

  test("a million tiny frames are refused early, and 100,000 tiny messages are received", async () => {
    await start();
    const socket = await fixture.connect();
    const ended = closed(socket);
    socket.write("1 x".repeat(1_000_000));
    await ended;
    expect(fixture.invalid.values.length).toBeLessThan(200);
    expect(fixture.refusals.values).toMatchObject([{ reason: "invalid" }]);
    const tiny = "<14>1 - - - - - -";
    const other = await fixture.connect();
    const piece = `${tiny.length} ${tiny}`.repeat(10_000);
    for (let i = 0; i < 10; i++) {
      if (!other.write(piece)) {
        await once(other, "drain");
      }
    }
    await fixture.stillWorks();
    await fixture.messages.count(100_003);
  });

  test("500 slow senders are disconnected, and the others are not delayed", async () => {
    await start({ receiveTimeoutMs: 400 });
    const sockets = await Promise.all(Array.from({ length: 500 }, () => fixture.connect()));
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
      await fixture.stillWorks();
      await ended;
    } finally {
      clearInterval(drip);
    }
    expect(fixture.refusals.values).toHaveLength(500);
    expect(new Set(fixture.refusals.values.map(({ reason }) => reason))).toEqual(
      new Set(["timeout"]),
    );
    while (fixture.receiver.stats.connections > 0) {
      await new Promise(setImmediate);
    }
  });

  test("connections beyond maxConnections are closed, and existing ones stay open", async () => {
    await start({ maxConnections: 2 });
    const [first] = [await fixture.connect(), await fixture.connect()];
    while (fixture.receiver.stats.connections < 2) {
      await new Promise(setImmediate);
    }
    const third = await fixture.connect();
    await closed(third);
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([{ reason: "overload" }]);
    first?.write(frame);
    await fixture.messages.count(1);
  });

  test("a half-closed connection is read to its end; a cut message is reported", async () => {
    await start();
    const socket = await fixture.connect();
    const ended = closed(socket);
    socket.end(`${frame}100 <14>1 - - app`);
    await ended;
    await fixture.messages.count(1);
    expect(fixture.invalid.values).toHaveLength(1);
    expect(fixture.refusals.values).toMatchObject([{ reason: "incomplete" }]);
  });

  test("a reset is reported, and does not affect others", async () => {
    await start();
    const socket = await fixture.connect();
    socket.write(`${frame}100 <14>1`);
    await fixture.messages.count(1);
    socket.resetAndDestroy();
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([
      { reason: "incomplete", cause: { code: "ECONNRESET" } },
    ]);
    await fixture.stillWorks();
  });

  test("an idle connection is closed only with idleTimeoutMs", async () => {
    await start({ idleTimeoutMs: 30, receiveTimeoutMs: 20 });
    const socket = await fixture.connect();
    socket.write(frame);
    await closed(socket);
    expect(fixture.refusals.values).toMatchObject([{ reason: "idle" }]);
    await start({ receiveTimeoutMs: 20 });
    const patient = await fixture.connect();
    await new Promise((resolve) => setTimeout(resolve, 80));
    patient.write(frame);
    await fixture.messages.count(1);
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
    const { port } = await fixture.receiver.listenTls(options());
    const { ca } = certificates.server;
    const socket = connectTls({ port, servername: "localhost", ...(await identity()), ca });
    socket.on("error", () => {});
    await closed(socket);
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([
      {
        reason: "handshake",
        cause: expect.any(Error),
        message: expect.stringContaining("certificate"),
      },
    ]);
  });

  test("a function accepts or rejects certificates", async () => {
    await fixture.close();
    const subjects: string[] = [];
    fixture = new ReceiverFixture({
      auth: {
        clientCertificate({ subject }) {
          subjects.push(subject);
          return false;
        },
      },
    });
    const { port } = await fixture.receiver.listenTls(options());
    const { ca, cert, key } = certificates.client;
    const socket = connectTls({ port, servername: "localhost", ca, cert, key });
    socket.on("error", () => {});
    await closed(socket);
    await fixture.refusals.count(1);
    expect(subjects).toEqual(["client"]);
    expect(fixture.refusals.values).toMatchObject([{ reason: "certificate" }]);
  });

  test("connections that end within a handshake are closed", async () => {
    ({ port: fixture.port } = await fixture.receiver.listenTls(options()));
    const socket = await fixture.connect();
    // The beginning of a handshake record.
    socket.end(Buffer.from([22, 3, 1, 2, 0, 1]));
    await closed(socket);
    await fixture.refusals.count(1);
    expect(fixture.refusals.values).toMatchObject([{ reason: "handshake" }]);
    // If the server kept the connection, this would take longer than the test may.
    await fixture.receiver.close();
  });

  test("plain text instead of a handshake is refused, and silence times out", async () => {
    await fixture.close();
    fixture = new ReceiverFixture({ receiveTimeoutMs: 100 });
    ({ port: fixture.port } = await fixture.receiver.listenTls(options()));
    const talking = await fixture.connect();
    talking.write(frame);
    await closed(talking);
    const silent = await fixture.connect();
    await closed(silent);
    await fixture.refusals.count(2);
    expect(fixture.refusals.values.map(({ reason }) => reason)).toEqual(["handshake", "handshake"]);
  });
});
