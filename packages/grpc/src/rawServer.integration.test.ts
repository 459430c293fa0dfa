import { getEventListeners, once } from "node:events";
import { gzipSync } from "node:zlib";
import { Recorder } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { type CallOptions, ClientError, createClientFactory, Status } from "nice-grpc";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  FrameType,
  framed,
  isRequestEnd,
  type RawConnection,
  type RawHttp2Server,
  startRawHttp2Server,
} from "../testing/rawHttp2Server.js";
import {
  Connection,
  type ConnectionCallOptions,
  type ConnectionOptions,
  type MessageSource,
} from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const bytes = (value: Uint8Array) => value;

function method<Streams extends boolean, Response extends boolean>(
  path: string,
  requestStream: Streams,
  responseStream: Response,
) {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
    options: {},
  } as const;
}

const definition = {
  unary: method("/test/Unary", false, false),
  read: method("/test/Read", false, true),
  write: method("/test/Write", true, false),
};

function clientOf(server: RawHttp2Server, options: Partial<ConnectionOptions> = {}) {
  const connection = new Connection({
    address: server.address,
    tls: certificates.client,
    serverName: "metron",
    ...options,
  });
  const client = createClientFactory()
    .use(connection.middleware)
    .create(definition, connection.channel);
  const release = connection.acquire();
  return { connection, client, [Symbol.dispose]: release };
}

/** Answers each call as `respond` does, once its request is complete. */
function answering(
  respond: (connection: RawConnection, streamId: number, index: number) => void,
  settings = {},
): Promise<RawHttp2Server> {
  return startRawHttp2Server(
    certificates.server,
    (connection, index) =>
      connection.onFrame((frame) => {
        if (isRequestEnd(frame)) {
          respond(connection, frame.streamId, index);
        }
      }),
    settings,
  );
}

const request = Buffer.from("request");
const ok = { "grpc-status": "0" };

async function unaryOutcome(
  respond: Parameters<typeof answering>[0],
  options: Partial<ConnectionOptions> = {},
): Promise<string> {
  await using server = await answering(respond);
  using there = clientOf(server, options);
  try {
    return `OK ${Buffer.from(await there.client.unary(request))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(ClientError);
    const { code, details } = error as ClientError;
    return `${Status[code]} ${details}`;
  }
}

describe("responses", () => {
  test("messages arrive whole however they are cut into frames", async () => {
    const sizes = [0, 1, 5, 100, 16_384, 40_000, 300_000];
    const body = Buffer.concat(sizes.map((size) => framed(Buffer.alloc(size, size))));
    for (const pieceBytes of [1, 3, 5, 1_000, 16_384]) {
      await using server = await answering((connection, id) => {
        connection.sendResponse(id);
        const end = pieceBytes < 10 ? 200 : body.length;
        let at = 0;
        for (; at < end; at += pieceBytes) {
          connection.sendData(id, body.subarray(at, Math.min(at + pieceBytes, body.length)));
        }
        for (; at < body.length; at += 16_384) {
          connection.sendData(id, body.subarray(at, at + 16_384));
        }
        connection.sendTrailers(id, ok);
      });
      using there = clientOf(server, { readWindowBytes: 2 ** 20 });
      const received: number[] = [];
      for await (const message of there.client.read(request)) {
        expect(message.every((byte) => byte === (message.length & 255))).toBe(true);
        received.push(message.length);
      }
      expect(received).toEqual(sizes);
    }
  });

  test.for<[string, (connection: RawConnection, id: number) => void, RegExp | string]>([
    [
      "trailers without a status",
      (c, id) => respond(c, id, {}),
      /^UNKNOWN .*without a grpc-status/,
    ],
    [
      "a status that is text",
      (c, id) => respond(c, id, { "grpc-status": "abc" }),
      /^UNKNOWN .*"abc"/,
    ],
    ["an empty status", (c, id) => respond(c, id, { "grpc-status": "" }), /^UNKNOWN .*""/],
    ["a negative status", (c, id) => respond(c, id, { "grpc-status": "-1" }), /^UNKNOWN .*"-1"/],
    [
      "an unknown status with a message",
      (c, id) => respond(c, id, { "grpc-status": "17", "grpc-message": "new" }),
      /^UNKNOWN .*"17": new$/,
    ],
    [
      "a percent-encoded message",
      (c, id) => respond(c, id, { "grpc-status": "9", "grpc-message": "100%25 %C3%A4 %zz %" }),
      "FAILED_PRECONDITION 100% ä %zz %",
    ],
    [
      "a message with control characters",
      (c, id) => respond(c, id, { "grpc-status": "9", "grpc-message": "a%1B[31mb%0Ac" }),
      "FAILED_PRECONDITION a\ufffd[31mb\nc",
    ],
    [
      "a message that is not UTF-8",
      (c, id) => respond(c, id, { "grpc-status": "9", "grpc-message": "%FF" }),
      "FAILED_PRECONDITION \ufffd",
    ],
    [
      "a status in the only headers",
      (c, id) =>
        c.sendHeaders(
          id,
          {
            ":status": "200",
            "content-type": "application/grpc",
            "grpc-status": "12",
            "grpc-message": "no such method",
          },
          true,
        ),
      "UNIMPLEMENTED no such method",
    ],
    [
      "headers without a status, and nothing else",
      (c, id) => c.sendHeaders(id, { ":status": "200", "content-type": "application/grpc" }, true),
      /^UNKNOWN .*without a grpc-status/,
    ],
    [
      "OK without a message",
      (c, id) => respond(c, id, ok, []),
      /^UNKNOWN .*without a response message/,
    ],
    [
      "two messages",
      (c, id) => respond(c, id, ok, [framed(request), framed(request)]),
      /^UNKNOWN .*more than one response message/,
    ],
    [
      "a response that ends in a message",
      (c, id) => respond(c, id, ok, [framed(request).subarray(0, 8)]),
      /^UNKNOWN .*in the middle of a message/,
    ],
    [
      "a body that ends without trailers",
      (c, id) => {
        c.sendResponse(id);
        c.sendData(id, framed(request), true);
      },
      /^UNKNOWN .*without a grpc-status/,
    ],
    ["an unknown flag", (c, id) => respond(c, id, ok, [framed(request, 2)]), /^INTERNAL .*flag 2/],
    [
      "a message that is too large",
      (c, id) => respond(c, id, ok, [framed(Buffer.alloc(11 * 2 ** 20)).subarray(0, 100)]),
      /^RESOURCE_EXHAUSTED .*maxReceiveBytes \(11534336, the limit is 10485760\)/,
    ],
    ["a page of a proxy, 200", (c, id) => page(c, id, 200), /^UNKNOWN .*HTTP status 200/],
    ["a page of a proxy, 401", (c, id) => page(c, id, 401), /^UNKNOWN .*HTTP status 401/],
    ["a page of a proxy, 403", (c, id) => page(c, id, 403), /^UNKNOWN .*HTTP status 403/],
    ["a page of a proxy, 404", (c, id) => page(c, id, 404), /^UNKNOWN .*HTTP status 404/],
    ["a page of a proxy, 429", (c, id) => page(c, id, 429), /^UNAVAILABLE .*HTTP status 429/],
    ["a page of a proxy, 502", (c, id) => page(c, id, 502), /^UNAVAILABLE .*HTTP status 502/],
    ["a page of a proxy, 503", (c, id) => page(c, id, 503), /^UNAVAILABLE .*HTTP status 503/],
    ["RST_STREAM NO_ERROR", (c, id) => c.sendReset(id, 0), /^UNKNOWN/],
    ["RST_STREAM PROTOCOL_ERROR", (c, id) => c.sendReset(id, 1), /^INTERNAL .*PROTOCOL_ERROR/],
    ["RST_STREAM CANCEL", (c, id) => c.sendReset(id, 8), /^CANCELLED .*CANCEL/],
    ["RST_STREAM ENHANCE_YOUR_CALM", (c, id) => c.sendReset(id, 11), /^UNAVAILABLE .*CALM/],
    ["RST_STREAM INADEQUATE_SECURITY", (c, id) => c.sendReset(id, 12), /^INTERNAL .*SECURITY/],
    ["RST_STREAM with an unknown code", (c, id) => c.sendReset(id, 99), /^INTERNAL .*99/],
    [
      "GOAWAY with an error",
      (c, id) => c.sendGoaway(id, 11, "too_many_pings"),
      /^UNAVAILABLE .*GOAWAY ENHANCE_YOUR_CALM "too_many_pings"/,
    ],
    ["the end of the connection", (c) => c.destroy(), /^UNAVAILABLE .*connection/],
    [
      "bytes that are not HTTP/2",
      (c) => c.send(1, 255, 0, Buffer.alloc(20)),
      /^UNAVAILABLE .*connection/,
    ],
  ])("%s", async ([, respondWith, expected]) => {
    expect(await unaryOutcome(respondWith)).toMatch(expected);
  });

  test("gzip is decompressed; what cannot be is an error", async () => {
    const gzip = { "grpc-encoding": "gzip" };
    const compressed = (message: Uint8Array) => framed(gzipSync(message), 1);
    const outcome = (body: Buffer, headers: Record<string, string>) =>
      unaryOutcome((connection, id) => {
        connection.sendResponse(id, headers);
        for (let at = 0; at < body.length; at += 16_000) {
          connection.sendData(id, body.subarray(at, at + 16_000));
        }
        connection.sendTrailers(id, ok);
      });
    expect(await outcome(compressed(Buffer.from("hello")), gzip)).toBe("OK hello");
    expect(await outcome(framed(Buffer.from("plain")), gzip)).toBe("OK plain");
    expect(await outcome(framed(Buffer.alloc(0), 1), gzip)).toBe("OK ");
    expect(await outcome(framed(Buffer.from("no gzip"), 1), gzip)).toMatch(
      /^INTERNAL .*cannot be decompressed/,
    );
    expect(await outcome(compressed(Buffer.from("x")), { "grpc-encoding": "br" })).toMatch(
      /^INTERNAL .*unsupported encoding \("br"\)/,
    );
    expect(await outcome(compressed(Buffer.from("x")), {})).toMatch(/^INTERNAL .*"identity"/);
    expect(await outcome(compressed(Buffer.alloc(11 * 2 ** 20)), gzip)).toMatch(
      /^RESOURCE_EXHAUSTED .*after decompression/,
    );
  });

  test("unknown frames, ping floods and early headers do not matter", async () => {
    await using server = await startRawHttp2Server(certificates.server, (connection) => {
      connection.onFrame((frame) => {
        const { streamId: id } = frame;
        if (frame.type === FrameType.headers) {
          connection.sendResponse(id);
          connection.send(0x42, 0xff, id, Buffer.from("unknown"));
        }
        if (!isRequestEnd(frame)) {
          return;
        }
        for (let ping = 0; ping < 500; ping++) {
          connection.send(FrameType.ping, 0, 0, Buffer.alloc(8, ping));
        }
        connection.sendData(id, framed(Buffer.from("answer")));
        connection.sendTrailers(id, ok);
      });
    });
    using there = clientOf(server);
    expect(Buffer.from(await there.client.unary(request)).toString()).toBe("answer");
    async function* requests() {
      yield request;
      yield request;
    }
    expect(Buffer.from(await there.client.write(requests())).toString()).toBe("answer");
  });

  test("a consumer that does not read is sent no more than the window", async () => {
    const windowBytes = 100_000;
    let sent = 0;
    let credit = windowBytes;
    await using server = await startRawHttp2Server(certificates.server, (connection) => {
      const message = framed(Buffer.alloc(9_995));
      const pump = (id: number) => {
        while (credit >= message.length && sent < 3_000_000) {
          credit -= message.length;
          sent += message.length;
          connection.sendData(id, message);
        }
      };
      connection.onFrame((frame) => {
        if (isRequestEnd(frame)) {
          connection.sendResponse(frame.streamId);
          pump(frame.streamId);
        }
        if (frame.type === FrameType.windowUpdate && frame.streamId > 0) {
          credit += frame.payload.readUInt32BE();
          pump(frame.streamId);
        }
      });
    });
    using there = clientOf(server, { readWindowBytes: windowBytes });
    const abort = new AbortController();
    const messages = there.client.read(request, { signal: abort.signal })[Symbol.asyncIterator]();
    await messages.next();
    // The sum of the reader's object buffer (16), the queue (64 KiB) and the window.
    const most = 17 * 10_000 + 2 * 65_536 + 2 * windowBytes;
    for (let turn = 0; turn < 200; turn++) {
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(most);
    let received = 1;
    while (received < 300) {
      await messages.next();
      received++;
    }
    expect(sent).toBe(3_000_000);
    abort.abort();
    await expect(messages.next()).rejects.toThrow();
  });
});

/** Sends a response with these trailers; one message by default. */
function respond(
  connection: RawConnection,
  id: number,
  trailers: Readonly<Record<string, string>>,
  body: readonly Buffer[] = [framed(request)],
): void {
  connection.sendResponse(id);
  for (const part of body) {
    connection.sendData(id, part);
  }
  connection.sendTrailers(id, trailers);
}

function page(connection: RawConnection, id: number, status: number): void {
  connection.sendHeaders(id, { ":status": String(status), "content-type": "text/html" });
  connection.sendData(id, Buffer.from("<html>".padEnd(10_000)), true);
}

describe("calls that the server did not process", () => {
  test("are sent once more after REFUSED_STREAM", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      if (calls++ === 0) {
        connection.sendReset(id, 7);
      } else {
        respond(connection, id, ok);
      }
    });
    using there = clientOf(server);
    expect(Buffer.from(await there.client.unary(request)).toString()).toBe("request");
    expect(calls).toBe(2);
    expect(server.connections[0]?.bodyOf(3)).toEqual(framed(request));
  });

  test("fail if they are refused again", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      calls++;
      connection.sendReset(id, 7);
    });
    using there = clientOf(server);
    await expect(there.client.unary(request)).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(calls).toBe(2);
  });

  test("are sent on a new connection after GOAWAY, those it names complete", async () => {
    await using server = await startRawHttp2Server(certificates.server, (connection, index) => {
      const ended: number[] = [];
      connection.onFrame((frame) => {
        if (!isRequestEnd(frame)) {
          return;
        }
        if (index > 0) {
          return respond(connection, frame.streamId, ok, [framed(Buffer.from("new"))]);
        }
        if (ended.push(frame.streamId) < 2) {
          return;
        }
        connection.sendGoaway(2 ** 31 - 1);
        connection.sendGoaway(1);
        respond(connection, 1, ok, [framed(Buffer.from("old"))]);
      });
    });
    using there = clientOf(server);
    const answers = await Promise.all([there.client.unary(request), there.client.unary(request)]);
    expect(answers.map((answer) => Buffer.from(answer).toString())).toEqual(["old", "new"]);
    expect(server.connections).toHaveLength(2);
    expect(server.connections[1]?.bodyOf(1)).toEqual(framed(request));
  });

  test("are not sent again once the server has answered", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      calls++;
      connection.sendResponse(id);
      connection.sendReset(id, 7);
    });
    using there = clientOf(server);
    await expect(there.client.unary(request)).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(calls).toBe(1);
  });
});

describe("cancellation", () => {
  test("calls that share a signal add one listener to it, and leave none", async () => {
    await using server = await answering((connection, id) => respond(connection, id, ok));
    using there = clientOf(server);
    const abort = new AbortController();
    const { signal } = abort;
    const calls = Array.from({ length: 20 }, () => there.client.unary(request, { signal }));
    expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1);
    await Promise.all(calls);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("resets the stream at the server and leaves no listener", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server);
    const abort = new AbortController();
    const call = there.client.unary(request, { signal: abort.signal });
    while (server.connections.length === 0) {
      await new Promise(setImmediate);
    }
    const connection = server.connections[0] as RawConnection;
    await connection.frame(isRequestEnd);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    const reset = await connection.frame(({ type }) => type === FrameType.rstStream);
    expect(reset.payload.readUInt32BE()).toBe(8);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("ends calls that MAX_CONCURRENT_STREAMS holds back, and others wait until it is raised", async () => {
    const maxConcurrentStreams = 3;
    await using server = await answering((connection, id) => respond(connection, id, ok), {
      [maxConcurrentStreams]: 0,
    });
    using there = clientOf(server);
    const abort = new AbortController();
    const aborted = there.client.unary(request, { signal: abort.signal });
    const waiting = there.client.unary(request);
    await there.connection.ready(new AbortController().signal);
    for (let turn = 0; turn < 20; turn++) {
      await new Promise(setImmediate);
    }
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(server.connections[0]?.lastStreamId).toBe(0);
    server.connections[0]?.sendSettings({ [maxConcurrentStreams]: 10 });
    expect(Buffer.from(await waiting).toString()).toBe("request");
  });

  test("with drainSignal, messages that were received can still be read", async () => {
    const read = new Recorder<number>();
    await using server = await answering((connection, id) => {
      connection.sendResponse(id);
      for (let index = 0; index < 50; index++) {
        connection.sendData(id, framed(Buffer.from([index])));
      }
    });
    using there = clientOf(server);
    const drain = new AbortController();
    for await (const message of there.client.read(request, { drainSignal: drain.signal })) {
      read.add(message[0] as number);
      if (read.values.length !== 10) {
        continue;
      }
      // All have arrived by the time that the answer to a ping has.
      const connection = server.connections[0] as RawConnection;
      connection.send(FrameType.ping, 0, 0, Buffer.alloc(8));
      await connection.frame(({ type }) => type === FrameType.ping);
      drain.abort();
    }
    expect(read.values).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(getEventListeners(drain.signal, "abort")).toEqual([]);
  });
});

describe("requests", () => {
  const initialWindowSize = 4;

  test("stop while the window is 0, and go on when it is restored", async () => {
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

  test("arrive whole through a window of one byte at a time", async () => {
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
    const message = Buffer.from("one byte at a time, and every one of them counts");
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
}

describe("messages of a source", () => {
  const initialWindowSize = 4;
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
  ])("exactly those that went out are reported if %s", async ([, end]) => {
    const windowBytes = 35_000;
    await using server = await startRawHttp2Server(certificates.server, () => {}, {
      [initialWindowSize]: windowBytes,
    });
    using there = clientOf(server);
    const source = new CountingSource(100, 9_995);
    const call = writing(there, 100)(source);
    call.catch(() => {});
    while (server.connections.length === 0) {
      await new Promise(setImmediate);
    }
    const connection = server.connections[0] as RawConnection;
    while (connection.bodyOf(1).length < windowBytes) {
      await new Promise(setImmediate);
    }
    end(connection);
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

  test("none is taken, nor lost, if the server refuses the call at once", async () => {
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

  test("no more than the watermark are under way to a server that does not read", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { writeWatermarkBytes: 100_000 });
    const source = new CountingSource(1_000, 9_995);
    const abort = new AbortController();
    const call = writing(there, 1_000)(source, { signal: abort.signal });
    while (server.connections.length === 0) {
      await new Promise(setImmediate);
    }
    const connection = server.connections[0] as RawConnection;
    while (connection.bodyOf(1).length < 65_535) {
      await new Promise(setImmediate);
    }
    for (let turn = 0; turn < 50; turn++) {
      await new Promise(setImmediate);
    }
    // The last one may exceed it.
    expect(source.taken).toBeLessThanOrEqual(11);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("keepalive", () => {
  test("a server that does not answer is dead after keepaliveTimeoutMs", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 50, keepaliveTimeoutMs: 100 });
    const { draining } = await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    connection.acknowledges = false;
    await expect(there.client.unary(request)).rejects.toMatchObject({
      code: Status.UNAVAILABLE,
      details: "the server did not answer a ping within 100 ms",
    });
    expect(draining.aborted).toBe(true);
    expect(connection.frames.some(({ type }) => type === FrameType.ping)).toBe(true);
  });

  test("a connection without calls is not pinged", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 20, keepaliveTimeoutMs: 20 });
    const { draining } = await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    connection.acknowledges = false;
    await expect(once(draining, "abort", { signal: AbortSignal.timeout(300) })).rejects.toThrow();
    expect(connection.frames.some(({ type }) => type === FrameType.ping)).toBe(false);
  });

  test("between pings that are 305 s apart, SETTINGS are sent every 20 s", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server, { keepaliveIntervalMs: 305_000 });
    const abort = new AbortController();
    const call = there.client.unary(request, { signal: abort.signal });
    call.catch(() => {});
    await there.connection.ready(new AbortController().signal);
    const connection = server.connections[0] as RawConnection;
    await connection.frame(isRequestEnd);
    const count = (type: number) =>
      connection.frames.filter((frame) => frame.type === type && frame.flags === 0).length;
    const before = count(FrameType.settings);
    const probes = () => count(FrameType.settings) - before + count(FrameType.ping);
    for (let round = 1; round <= 16; round++) {
      // The answer to the last probe has arrived: the connection is silent again at the second check.
      await connection.frame(() => probes() >= round - 1);
      for (let turn = 0; turn < 5; turn++) {
        await new Promise(setImmediate);
      }
      while (probes() < round) {
        vi.advanceTimersByTime(20_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    expect(count(FrameType.ping)).toBeGreaterThanOrEqual(1);
    expect(count(FrameType.ping)).toBeLessThanOrEqual(2);
    abort.abort();
  });

  test("a server that answers pings stays connected, however long its calls take", async () => {
    await using server = await answering((connection, id) => {
      let pings = 0;
      connection.onFrame(({ type }) => {
        if (type === FrameType.ping && ++pings === 5) {
          respond(connection, id, ok);
        }
      });
    });
    using there = clientOf(server, { keepaliveIntervalMs: 20, keepaliveTimeoutMs: 10_000 });
    await there.client.unary(request);
    expect(server.connections).toHaveLength(1);
  });
});
