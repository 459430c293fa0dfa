import { gzipSync } from "node:zlib";
import { ClientError, Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { answering, certificates, clientOf, ok, request, respond } from "../../testing/rawCalls.js";
import {
  FrameType,
  framed,
  isRequestEnd,
  type RawConnection,
  startRawHttp2Server,
} from "../../testing/rawHttp2Server.js";
import type { ConnectionOptions } from "../index.js";

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
  test("messages arrive completely for any division into frames", async () => {
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

  test("gzip is decompressed; malformed gzip is an error", async () => {
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

  test("unknown frames, ping floods and early headers are ignored", async () => {
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

  test("a consumer that does not read receives at most the window", async () => {
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
    // The sum of the reader's object buffer (16 messages), the queue (64 KiB) and the window.
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

function page(connection: RawConnection, id: number, status: number): void {
  connection.sendHeaders(id, { ":status": String(status), "content-type": "text/html" });
  connection.sendData(id, Buffer.from("<html>".padEnd(10_000)), true);
}
