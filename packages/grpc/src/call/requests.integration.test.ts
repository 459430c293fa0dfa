import { type CallOptions, ClientError, Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { answering, certificates, clientOf, ok, respond } from "../../testing/rawCalls.js";
import {
  FrameType,
  framed,
  isRequestEnd,
  type RawConnection,
  type RawHttp2Server,
  startRawHttp2Server,
} from "../../testing/rawHttp2Server.js";
import type { ConnectionCallOptions, MessageSource } from "../index.js";

/** The number of the setting SETTINGS_INITIAL_WINDOW_SIZE. */
const initialWindowSize = 4;

describe("requests", () => {
  test("stop while the window is 0, and continue when it is restored", async () => {
    await using server = await answering(
      (connection, id) => respond(connection, id, ok, [framed(Buffer.from("done"))]),
      { [initialWindowSize]: 10_000 },
    );
    using there = clientOf(server);
    const call = there.client.unary(Buffer.alloc(30_000, 1));
    while (server.connections.length === 0) {
      await new Promise(setImmediate);
    }
    const connection = server.connections[0] as RawConnection;
    while (connection.bodyOf(1).length < 10_000) {
      await new Promise(setImmediate);
    }
    // The window is now -10,000.
    connection.sendSettings({ [initialWindowSize]: 0 });
    connection.sendWindowUpdate(1, 10_000);
    connection.send(FrameType.ping, 0, 0, Buffer.alloc(8));
    await connection.frame(({ type }) => type === FrameType.ping);
    expect(connection.bodyOf(1)).toHaveLength(10_000);
    connection.sendSettings({ [initialWindowSize]: 100_000 });
    expect(Buffer.from(await call).toString()).toBe("done");
    expect(connection.bodyOf(1).equals(framed(Buffer.alloc(30_000, 1)))).toBe(true);
  });

  test("arrive completely through a window of one byte at a time", async () => {
    await using server = await startRawHttp2Server(
      certificates.server,
      (connection) =>
        connection.onFrame((frame) => {
          if (isRequestEnd(frame)) {
            respond(connection, frame.streamId, ok);
          } else if (frame.type === FrameType.headers || frame.type === FrameType.data) {
            connection.sendWindowUpdate(frame.streamId, 1);
          }
        }),
      { [initialWindowSize]: 0 },
    );
    using there = clientOf(server);
    const message = Buffer.from("a message that is sent one byte at a time");
    await there.client.unary(message);
    expect(server.connections[0]?.bodyOf(1)).toEqual(framed(message));
  });

  test("larger than maxSendBytes fail without reaching the server", async () => {
    await using server = await answering((connection, id) => respond(connection, id, ok));
    using there = clientOf(server, { maxSendBytes: 10 });
    await expect(there.client.unary(Buffer.alloc(11))).rejects.toMatchObject({
      code: Status.RESOURCE_EXHAUSTED,
      details: "cannot send a message larger than maxSendBytes (11, the limit is 10)",
    });
    await there.client.unary(Buffer.alloc(10));
  });
});

/** Supplies `count` messages, and records what is reported. */
class CountingSource implements MessageSource {
  taken = 0;
  reported = 0;
  isAccepted = false;
  reportedAtRefusal: number | undefined;
  readonly #count: number;
  readonly #bytes: number;

  constructor(count: number, bytes: number) {
    this.#count = count;
    this.#bytes = bytes;
  }

  take(roomBytes: number): Uint8Array[] {
    expect(roomBytes).toBeGreaterThan(0);
    const messages: Uint8Array[] = [];
    for (let room = roomBytes; room > 0 && this.taken < this.#count; room -= this.#bytes) {
      messages.push(Buffer.alloc(this.#bytes, this.taken++));
    }
    return messages;
  }

  sent(count: number): void {
    this.reported += count;
    expect(this.reported).toBeLessThanOrEqual(this.taken);
  }

  accepted(): void {
    this.isAccepted = true;
  }

  refused(): void {
    this.reportedAtRefusal = this.reported;
  }
}

/** Waits until the first stream of the first connection has received this many bytes. */
async function receiving(server: RawHttp2Server, count: number): Promise<RawConnection> {
  for (;;) {
    const [connection] = server.connections;
    if (connection !== undefined && connection.bodyOf(1).length >= count) {
      return connection;
    }
    await new Promise(setImmediate);
  }
}

describe("messages of a source", () => {
  type Write = (
    source: CountingSource,
    options?: CallOptions & ConnectionCallOptions,
  ) => Promise<unknown>;

  async function* signs(source: CountingSource, count: number) {
    while (source.taken < count) {
      yield Buffer.alloc(0);
      await new Promise(setImmediate);
    }
  }

  function writing(there: ReturnType<typeof clientOf>, count: number): Write {
    return (source, options) =>
      there.client.write(signs(source, count), { ...options, messages: source });
  }

  test("all arrive, in order, and all are reported as sent", async () => {
    for (const bytes of [10, 1_000, 5_000, 70_000]) {
      await using server = await startRawHttp2Server(certificates.server, (connection) =>
        connection.onFrame((frame) => {
          if (frame.type === FrameType.data) {
            connection.sendWindowUpdate(0, Math.max(1, frame.payload.length));
            connection.sendWindowUpdate(frame.streamId, Math.max(1, frame.payload.length));
          }
          if (isRequestEnd(frame)) {
            respond(connection, frame.streamId, ok);
          }
        }),
      );
      using there = clientOf(server);
      const source = new CountingSource(30, bytes);
      await writing(there, 30)(source);
      expect(source).toMatchObject({ taken: 30, reported: 30 });
      const messages = Array.from({ length: 30 }, (_, n) => framed(Buffer.alloc(bytes, n)));
      expect(server.connections[0]?.bodyOf(1).equals(Buffer.concat(messages))).toBe(true);
    }
  });

  test.for<[string, (connection: RawConnection) => void]>([
    ["the connection breaks", (connection) => connection.destroy()],
    ["the server resets the stream", (connection) => connection.sendReset(1, 8)],
    ["the server resets the stream with NO_ERROR", (connection) => connection.sendReset(1, 0)],
    ["the server sends GOAWAY with an error", (connection) => connection.sendGoaway(1, 2)],
    [
      "the server ends the call",
      (connection) =>
        connection.sendHeaders(
          1,
          { ":status": "200", "content-type": "application/grpc", "grpc-status": "8" },
          true,
        ),
    ],
  ])("exactly the sent messages are reported if %s", async ([, end]) => {
    const windowBytes = 35_000;
    await using server = await startRawHttp2Server(certificates.server, () => {}, {
      [initialWindowSize]: windowBytes,
    });
    using there = clientOf(server);
    const source = new CountingSource(100, 9_995);
    const call = writing(there, 100)(source);
    call.catch(() => {});
    end(await receiving(server, windowBytes));
    await expect(call).rejects.toBeInstanceOf(ClientError);
    // Three and a half messages fit.
    expect(source.reported).toBe(3);
    expect(source.taken).toBeGreaterThan(3);
    const { reported, taken } = source;
    for (let turn = 0; turn < 20; turn++) {
      await new Promise(setImmediate);
    }
    expect(source).toMatchObject({ reported, taken });
  });

  test("no message is taken or lost if the server refuses the call immediately", async () => {
    await using server = await startRawHttp2Server(certificates.server, (connection) =>
      connection.onFrame(({ type, streamId }) => {
        if (type !== FrameType.headers) {
          return;
        }
        connection.sendHeaders(
          streamId,
          { ":status": "200", "content-type": "application/grpc", "grpc-status": "8" },
          true,
        );
      }),
    );
    using there = clientOf(server);
    for (let round = 0; round < 5; round++) {
      const source = new CountingSource(10, 10);
      await expect(writing(there, 10)(source)).rejects.toMatchObject({
        code: Status.RESOURCE_EXHAUSTED,
      });
      expect(source).toMatchObject({ taken: 0, reported: 0 });
    }
  });

  test.for<[string, boolean, boolean, (connection: RawConnection) => void]>([
    ["GOAWAY", true, true, (connection) => connection.sendGoaway(0)],
    ["GOAWAY with an error", true, true, (connection) => connection.sendGoaway(0, 11)],
    ["GOAWAY that includes the call", true, false, (connection) => connection.sendGoaway(1, 11)],
    ["a late REFUSED_STREAM", true, false, (connection) => connection.sendReset(1, 7)],
    ["an overdue REFUSED_STREAM", false, true, (connection) => connection.sendReset(1, 7)],
  ])("%s is classified as a refusal", async ([, acknowledges, isRefusal, refuse]) => {
    await using server = await startRawHttp2Server(
      certificates.server,
      (connection) => {
        connection.acknowledges = acknowledges;
      },
      { [initialWindowSize]: 35_000 },
    );
    using there = clientOf(server);
    const source = new CountingSource(100, 9_995);
    const call = writing(there, 100)(source);
    call.catch(() => {});
    const connection = await receiving(server, 35_000);
    refuse(connection);
    await expect(call).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    const reportedAtRefusal = isRefusal ? 3 : undefined;
    expect(source).toMatchObject({ isAccepted: false, reported: 3, reportedAtRefusal });
  });

  test("the call counts as accepted once the server has received more than its window", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {}, {
      [initialWindowSize]: 35_000,
    });
    using there = clientOf(server);
    const source = new CountingSource(4, 9_995);
    const call = writing(there, 4)(source);
    call.catch(() => {});
    const connection = await receiving(server, 35_000);
    expect(source.isAccepted).toBe(false);
    connection.sendWindowUpdate(1, 5_000);
    while (!source.isAccepted) {
      await new Promise(setImmediate);
    }
    expect(source.reported).toBe(4);
  });

  test("at most the watermark is in flight to a server that does not read", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { writeWatermarkBytes: 100_000 });
    const source = new CountingSource(1_000, 9_995);
    const abort = new AbortController();
    const call = writing(there, 1_000)(source, { signal: abort.signal });
    await receiving(server, 65_535);
    for (let turn = 0; turn < 50; turn++) {
      await new Promise(setImmediate);
    }
    // The last message may exceed the watermark.
    expect(source.taken).toBeLessThanOrEqual(11);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });
});
