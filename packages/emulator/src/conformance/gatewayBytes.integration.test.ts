// The gateway's responses byte for byte, except for the date, as Go's net/http writes them.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawHttp } from "../../testing/rawHttp.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterAll(async () => {
  await emulator.close();
});

const host = "Host: localhost";
const token = "Authorization: bearer t";
const emptyQuery = '{"message":"query cannot be empty","error":"empty_query"}\n\n';
const notAllowed = '{"message":"method not allowed","error":"method_not_allowed"}\n\n';
const notFound = '{"message":"resource not found","error":"not_found"}\n\n';
const unavailable =
  '{"message":"streaming is temporarily unavailable","error":"streaming_unavailable"}\n\n';

/** Sends a request, and resolves to the answer without its date. */
async function send(...lines: string[]): Promise<string> {
  const text = await rawHttp(emulator.gateway.address, [...lines, "", ""].join("\r\n"));
  return text.replace(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/, "");
}

function error(status: string, body: string, length = body.length): string {
  return [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `Content-Length: ${length}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

describe("refusals", () => {
  test.each<[string, string[], string]>([
    ["GET /v2/read", [token], error("400 Bad Request", emptyQuery)],
    ["GET /v2/read?log", [], error("404 Not Found", notFound)],
    ["POST /v2/read", [], error("404 Not Found", notFound)],
    ["GET /v2/read/", [token], error("404 Not Found", "404 page not found\n")],
    ["HEAD /v2/read?log", [token], error("405 Method Not Allowed", "", notAllowed.length)],
    ["OPTIONS /v2/read?log", [token], error("405 Method Not Allowed", notAllowed)],
    ["GET /v2/read?log&source_id=%ff", [token], error("503 Service Unavailable", unavailable)],
    [
      "GET //v2/read?log",
      [],
      "HTTP/1.1 301 Moved Permanently\r\nLocation: /v2/read?log\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ],
    ["OPTIONS *", [], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"],
  ])("%s with %j", async (line, headers, expected) => {
    expect(await send(`${line} HTTP/1.1`, host, ...headers, "Connection: close")).toBe(expected);
  });

  test("keep the connection without announcing it", async () => {
    const request = [`GET /v2/read HTTP/1.1`, host, token, ""];
    const last = [`GET /v2/read HTTP/1.1`, host, token, "Connection: close"];
    const expected = error("400 Bad Request", emptyQuery);
    const [first = "", second = ""] = (await send(...request, ...last)).split(/(?<=\n\n)/);
    const kept = expected.replace("\r\nConnection: close", "");
    expect(first).toBe(kept);
    expect(second.replace(/\r\nDate: [^\r]*/, "")).toBe(expected);
  });

  // Unlike a Go server, the emulator closes the connection after these.
  test.each(["FOO", "CONNECT"])("of the method %s", async (method) => {
    expect(await send(`${method} /v2/read?log HTTP/1.1`, host, token)).toBe(
      error("405 Method Not Allowed", notAllowed).replace("\r\nConnection: close", ""),
    );
  });
});

test.each<[string, string[], string]>([
  ["no Host header", ["GET /v2/read HTTP/1.1", token], ": missing required Host header"],
  ["two Host headers", ["GET /v2/read HTTP/1.1", host, "Host: other", token], ""],
  ["a broken escape in the path", ["GET /%zz HTTP/1.1", host, token], ""],
  ["bytes that are not a request", ["GARBAGE"], ""],
])("%s: 400 without a date, and the connection ends", async (_, lines, detail) => {
  expect(await send(...lines)).toBe(
    `HTTP/1.1 400 Bad Request${detail}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request${detail}`,
  );
});

describe("the head of a stream", () => {
  // The stream ends immediately, as the gateway has not yet detected that the RLP is down.
  test.each([
    [[], "Connection: keep-alive\r\nContent-Type: text/event-stream\r\n"],
    [["Connection: close"], "Content-Type: text/event-stream\r\nConnection: close\r\n"],
    [["Expect: 100-continue"], "Connection: keep-alive\r\nContent-Type: text/event-stream\r\n"],
  ])("requested with %j", async (headers, expected) => {
    emulator.faults.rlp.stop();
    const last = ["", "GET / HTTP/1.1", host, "Connection: close"];
    const answer = await send("GET /v2/read?log HTTP/1.1", host, token, ...headers, ...last);
    emulator.faults.clear();
    const [head] = answer.split("0\r\n\r\n");
    expect(head).toBe(
      `HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\n${expected}Transfer-Encoding: chunked\r\n\r\n`,
    );
  });
});
