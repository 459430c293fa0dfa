import { inspect } from "node:util";
import { selectLog } from "@loggregator/api";
import type { TokenError } from "@loggregator/auth";
import { FakeGateway, takeUntilError } from "@loggregator/testing";
import { expect, test } from "vitest";
import { RetriesExhaustedError } from "./errors.js";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

const token = 's3cr3t-t0k3n/with+more="&';
const request = { selectors: [selectLog()] };
const kibibyte = 1024;

/** Returns everything that a client reports about a stream that ends with an error. */
async function reportsOf(url: string, options: Partial<RlpGatewayClientOptions> = {}) {
  const reports: unknown[] = [];
  const report = (...args: unknown[]) => reports.push(args);
  const client = new RlpGatewayClient({
    url,
    token,
    retry: { baseDelayMs: 1, maxDelayMs: 1, maxAttempts: 1 },
    logger: { debug: report, info: report, warn: report, error: report },
    onRetryableError: report,
    onInvalidEvent: report,
    ...options,
  });
  const collecting = (async () => {
    for await (const status of client.status()) {
      report(status);
    }
  })();
  report((await takeUntilError(client.stream(request))).error);
  await client.close();
  await collecting;
  report(client);
  return inspect(reports, { depth: Infinity, showHidden: true, maxStringLength: null });
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

const answers: Record<string, { type?: string; body?: string; headers?: Record<string, string> }> =
  {
    "the content type": { type: `text/html; echo=${token.replace('"', "")}` },
    "the body": { body: token },
    "JSON of the body": { body: JSON.stringify({ error: token, message: `no ${token}` }) },
    "a percent-encoded form": { body: `?q=${encodeURIComponent(token)}` },
    "a percent-encoded form in lower case": {
      body: `?q=${encodeURIComponent(token).replace(/%../g, (digits) => digits.toLowerCase())}`,
    },
    "a JSON-escaped form": { body: `{"message": "${JSON.stringify(token).slice(1, -1)}"}` },
    base64: { body: `Authorization: Basic ${base64(`cf:${token}`)}` },
    "an echoed header": { body: `GET /v2/read\r\nAuthorization: bearer ${token}\r\n` },
    "the router's error": { headers: { "x-cf-routererror": token } },
    "a redirect's path": { headers: { location: `/login/${encodeURIComponent(token)}` } },
    "a redirect's query": { headers: { location: `https://other.example/?token=${token}` } },
    "a redirect's user name": {
      headers: { location: `https://${encodeURIComponent(token)}@a.b/` },
    },
    "a token cut at 64 KiB": { body: "x".repeat(64 * kibibyte - 9) + token },
    "a token that begins before 80 KiB": { body: "x".repeat(80 * kibibyte - 9) + token },
    "a token cut by the server": { body: `You sent ${token.slice(0, 15)}…` },
  };

test.each(
  Object.entries(answers).flatMap(([name, answer]) =>
    [503, 400, 404, 302, 200].map((status) => [name, status, answer] as const),
  ),
)(
  "a token in %s of a response with status %i appears in no report",
  async (_, status, { type, body, headers }) => {
    await using gateway = await FakeGateway.start((connection) =>
      connection.answer(status, type ?? "text/html", body ?? "no", headers),
    );
    const reports = await reportsOf(gateway.url);
    expect(reports).toContain(String(status));
    expect(reports).not.toMatch(/s3cr3t|t0k3n/);
    for (const offset of [0, 1, 2]) {
      expect(reports).not.toContain(base64(`${"x".repeat(offset)}${token}`).slice(4, 20));
    }
  },
);

test("a token in the error of a fetch, or in its attached objects, appears in no report", async () => {
  const cause = Object.assign(new Error(`invalid header: bearer ${token}`), {
    code: "ERR_INVALID_CHAR",
    config: { headers: { Authorization: `bearer ${token}` } },
  });
  const error = Object.assign(new TypeError("fetch failed", { cause }), { request: { token } });
  const reports = await reportsOf("https://gateway.example", {
    fetch: () => Promise.reject(error),
  });
  expect(reports).toContain("invalid header: bearer [redacted]");
  expect(reports).toContain("ERR_INVALID_CHAR");
  expect(reports).not.toMatch(/s3cr3t|t0k3n/);
});

test.each<[string, unknown]>([
  ["an error", new TypeError(`cannot log in as cf:${token}`)],
  ["an error with an encoded token", new Error(`?secret=${encodeURIComponent(token)}`)],
  ["text", `no ${token}`],
  ["an object", { token }],
  ["nothing", undefined],
])("the text of %s that a token function throws appears in no message", async (_, thrown) => {
  const messages: string[] = [];
  const report = (message: string) => messages.push(message);
  const client = new RlpGatewayClient({
    url: "https://gateway.example",
    token: () => Promise.reject(thrown),
    retry: { baseDelayMs: 1, maxAttempts: 1 },
    logger: { debug: report, info: report, warn: report, error: report },
    onRetryableError: ({ message }) => report(message),
  });
  const { error } = await takeUntilError(client.stream(request));
  expect(error).toBeInstanceOf(RetriesExhaustedError);
  const { message, cause } = error as RetriesExhaustedError;
  report(message);
  report((cause as TokenError).message);
  expect(messages).toHaveLength(4);
  for (const text of messages) {
    expect(text).toMatch(
      /the token function threw (a TypeError|an Error|string|object|undefined):/,
    );
    expect(text).not.toMatch(/s3cr3t|t0k3n/);
  }
  expect((cause as TokenError).cause).toBe(thrown);
});

test.each<[string, unknown, string]>([
  ["undefined", undefined, "undefined"],
  [
    "an error whose getter throws the token",
    Object.defineProperty(new Error("x"), "message", {
      get() {
        throw new Error(token);
      },
    }),
    "an unreadable error",
  ],
])(
  "a fetch that rejects with %s is retried, and reported without the token",
  async (_, thrown, reason) => {
    const reports = await reportsOf("https://gateway.example", {
      fetch: () => Promise.reject(thrown),
    });
    expect(reports).toContain(`cannot read https://gateway.example/v2/read?log: ${reason}`);
    expect(reports).toContain("RetriesExhaustedError");
    expect(reports).not.toMatch(/s3cr3t|t0k3n/);
  },
);

test("a token in a malformed event appears in no report", async () => {
  for (const data of [token, `{"batch": ${token}`, JSON.stringify({ batch: token })]) {
    await using gateway = await FakeGateway.start(async (connection, index) => {
      if (index === 0) {
        await connection.open().write(`data: ${data}\n\n`);
        connection.end();
      } else {
        connection.fail(400, "x", "y");
      }
    });
    const reports = await reportsOf(gateway.url);
    expect(reports).toContain("InvalidEventError");
    expect(reports).not.toMatch(/s3cr3t|t0k3n/);
  }
});

test("any error body of 64 kB is handled in linear time", async () => {
  const pieces = [
    "f0",
    "a ",
    "%41",
    "\\u0041",
    "&#65;",
    "eyJ",
    '{"error":"',
    "access_token=",
    "[",
    " ",
    "\t",
  ];
  await using gateway = await FakeGateway.start((connection, index) => {
    const piece = pieces[index] ?? "";
    connection.answer(400, `text/html;${"x".repeat(1_000)}`, piece.repeat(65_536 / piece.length));
  });
  const begin = performance.now();
  for (const _ of pieces) {
    await reportsOf(gateway.url);
  }
  // Quadratic time takes seconds for each.
  expect(performance.now() - begin).toBeLessThan(15_000);
});
