import { inspect } from "node:util";
import { selectLog } from "@loggregator/api";
import { TokenError, type TokenRequest } from "@loggregator/auth";
import {
  batchEvent,
  FakeGateway,
  type GatewayConnection,
  heartbeatEvent,
  take,
  takeUntilError,
} from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import {
  GatewayConnectionError,
  GatewayResponseError,
  RetriesExhaustedError,
  StreamSilentError,
} from "./errors.js";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };

interface Retry {
  error: Error;
  attempt: number;
  delayMs: number;
}

/** A client with short delays, and the retries that it reports. */
function clientOf(gateway: FakeGateway, options: Partial<RlpGatewayClientOptions> = {}) {
  const retries: Retry[] = [];
  const client = new RlpGatewayClient({
    url: gateway.url,
    token: "t",
    retry: { baseDelayMs: 1, maxDelayMs: 8 },
    logger: null,
    onRetryableError: (error, attempt, delayMs) => retries.push({ error, attempt, delayMs }),
    ...options,
  });
  return { client, retries, stream: client.stream(request) };
}

/** Does one thing for each connection in turn, and the last for all that follow. */
function script(...steps: ((connection: GatewayConnection) => unknown)[]) {
  return (connection: GatewayConnection, index: number) =>
    steps[Math.min(index, steps.length - 1)]?.(connection);
}

const sendAndStay = (text: string) => (connection: GatewayConnection) =>
  connection.open().send(text);
const notFound = (connection: GatewayConnection) =>
  connection.fail(404, "not_found", "resource not found");

describe("a failure", () => {
  test.each([
    [500, "internal", "broken"],
    [503, "streaming_unavailable", "streaming is temporarily unavailable"],
    [429, "too_many", "too many requests"],
  ])("of status %i is retried", async (status, code, message) => {
    await using gateway = await FakeGateway.start(
      script(
        (c) => c.fail(status, code, message),
        (c) => c.fail(status, code, message),
        sendAndStay("a"),
      ),
    );
    const { stream, retries } = clientOf(gateway);
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2]);
    const error = retries[0]?.error as GatewayResponseError;
    expect(error).toBeInstanceOf(GatewayResponseError);
    expect(error).toMatchObject({
      status,
      code,
      body: `${JSON.stringify({ message, error: code })}\n`,
    });
    expect(error.message).toContain(`got ${status} ${code}: ${message}`);
  });

  test.each([
    [400, "missing_envelope_type", "query must provide at least one envelope type"],
    [405, "method_not_allowed", "method not allowed"],
    [404, "not_found", "resource not found"],
    [401, "unauthorized", "no"],
    [403, "forbidden", "no"],
  ])("of status %i ends the stream at once", async (status, code, message) => {
    await using gateway = await FakeGateway.start((c) => c.fail(status, code, message));
    const { stream, retries } = clientOf(gateway);
    const { error } = await takeUntilError(stream);
    expect(error).toBeInstanceOf(GatewayResponseError);
    expect(error).toMatchObject({ name: "GatewayResponseError", status, code });
    expect((error as GatewayResponseError).body).toContain(message);
    expect(gateway.connections).toHaveLength(1);
    expect(retries).toEqual([]);
  });

  test("with a body of another server keeps its text, cut at 64 KiB", async () => {
    await using gateway = await FakeGateway.start((c) =>
      c.answer(400, "text/html", "é".repeat(50_000)),
    );
    const { error } = await takeUntilError(clientOf(gateway).stream);
    expect(error).toMatchObject({ status: 400, code: undefined, body: "é".repeat(32 * 1024) });
  });

  test("that looks like success, such as a login page, ends the stream", async () => {
    await using gateway = await FakeGateway.start((c) => c.answer(200, "text/html", "<html>"));
    const { error } = await takeUntilError(clientOf(gateway).stream);
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 200, body: "<html>" });
    expect((error as Error).message).toContain("got 200 text/html");
  });

  test("to connect is retried with growing delays until retries are exhausted", async () => {
    const gateway = await FakeGateway.start(() => {});
    const { stream, retries } = clientOf(gateway, {
      retry: { baseDelayMs: 1, maxDelayMs: 8, maxAttempts: 5 },
    });
    await gateway[Symbol.asyncDispose]();
    const { error } = await takeUntilError(stream);
    expect(error).toBeInstanceOf(RetriesExhaustedError);
    expect(error).toMatchObject({ name: "RetriesExhaustedError", attempts: 6 });
    expect((error as Error).cause).toBeInstanceOf(GatewayConnectionError);
    expect((error as Error).message).toContain("ECONNREFUSED");
    for (const { delayMs, attempt } of retries) {
      const ceiling = Math.min(8, 2 ** (attempt - 1));
      expect(delayMs).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delayMs).toBeLessThanOrEqual(ceiling);
    }
    expect(retries).toHaveLength(5);
  });

  test("ends the stream after maxRetries retries", async () => {
    await using gateway = await FakeGateway.start((c) => c.fail(503, "x", "y"));
    const { error } = await takeUntilError(clientOf(gateway, { maxRetries: 10 }).stream);
    expect(error).toMatchObject({ name: "RetriesExhaustedError", attempts: 11 });
    expect(gateway.connections).toHaveLength(11);
  });

  test("is counted from 1 again after an event, such as a heartbeat", async () => {
    const fail = (c: GatewayConnection) => c.fail(500, "x", "y");
    await using gateway = await FakeGateway.start(
      script(
        fail,
        fail,
        async (c) => {
          await c.open().write(heartbeatEvent);
          c.end();
        },
        fail,
        sendAndStay("a"),
      ),
    );
    const { stream, retries } = clientOf(gateway, { maxRetries: 2 });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
  });

  test("in the middle of an event drops the event and goes on with the next connection", async () => {
    await using gateway = await FakeGateway.start(
      script(
        async (c) => {
          await c.open().write(batchEvent("a"), batchEvent("half").slice(0, -1));
          await c.cut();
        },
        async (c) => {
          await c.open().write(batchEvent("b"), batchEvent("half").slice(0, 40));
          c.end();
        },
        sendAndStay("c"),
      ),
    );
    const { stream, retries } = clientOf(gateway);
    expect(await take(stream, 3)).toEqual(["a", "b", "c"]);
    expect(retries.map(({ error }) => error.name)).toEqual([
      "GatewayConnectionError",
      "GatewayConnectionError",
    ]);
    expect(retries[0]?.error.cause).toBeInstanceOf(Error);
    expect(retries[1]?.error.message).toContain("closing");
  });
});

/** Long enough for a connection to be made on a busy machine. */
const silenceMs = 1_000;

describe("silence", () => {
  test("after the headers or after events reopens the stream", async () => {
    await using gateway = await FakeGateway.start(
      script((c) => c.open(), sendAndStay("a"), sendAndStay("b")),
    );
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 2)).toEqual(["a", "b"]);
    expect(retries.map(({ error }) => error.constructor)).toEqual([
      StreamSilentError,
      StreamSilentError,
    ]);
    await gateway.connections[1]?.closed;
  });

  test("instead of an answer reopens the stream", async () => {
    await using gateway = await FakeGateway.start(script(() => {}, sendAndStay("a")));
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries[0]?.error.message).toMatch(/heartbeat.*within 1000 ms/);
  });

  test("of the token function reopens the stream", async () => {
    await using gateway = await FakeGateway.start(sendAndStay("a"));
    let asked = 0;
    const token = () => (++asked === 1 ? new Promise<string>(() => {}) : "t");
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs, token });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries[0]?.error).toBeInstanceOf(StreamSilentError);
  });

  test("does not begin while heartbeats come", async () => {
    const beats = 10;
    await using gateway = await FakeGateway.start(async (c) => {
      c.open();
      for (let i = 0; i < beats; i++) {
        await new Promise((resolve) => setTimeout(resolve, silenceMs / 5));
        await c.write(i % 2 === 0 ? heartbeatEvent : ": a comment\n");
      }
      await c.send("a");
    });
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries).toEqual([]);
  });

  test("is not reported after a blocked event loop if data has arrived", async () => {
    await using gateway = await FakeGateway.start(sendAndStay("a"));
    const { stream, retries } = clientOf(gateway, { heartbeatTimeoutMs: silenceMs });
    let taken = 0;
    for await (const batch of stream) {
      taken += batch.length;
      if (taken === 2) {
        break;
      }
      // On its way when the loop stands still: both ends are in this process.
      gateway.connections[0]?.send("b");
      for (const until = performance.now() + 1.2 * silenceMs; performance.now() < until; ) {}
    }
    expect(retries).toEqual([]);
  });
});

describe("a closing event", () => {
  test("is not a failure, and the stream goes on at once", async () => {
    const closings = 12;
    await using gateway = await FakeGateway.start(async (c, index) => {
      await c.open().send(`${index}`);
      if (index < closings) {
        await c.closeStream();
      }
    });
    const { stream, retries } = clientOf(gateway, {
      retry: { maxAttempts: 0, baseDelayMs: 20, maxDelayMs: 600_000 },
    });
    const startedAt = performance.now();
    expect(await take(stream, closings + 1)).toEqual(
      Array.from({ length: closings + 1 }, (_, index) => `${index}`),
    );
    // Pauses that grow would take 40 s at least.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(retries).toEqual([]);
  });

  test("at the start of each stream does not lead to a flood of requests", async () => {
    const abort = new AbortController();
    await using gateway = await FakeGateway.start((c, index) => {
      if (index === 6) {
        abort.abort();
      }
      return c.open().closeStream();
    });
    const { client, retries } = clientOf(gateway, { retry: { baseDelayMs: 20, maxDelayMs: 200 } });
    const startedAt = performance.now();
    for await (const _ of client.stream(request, { signal: abort.signal })) {
    }
    // The first at once, the others after 10, 20, 40, 80 and 100 ms at least.
    expect(performance.now() - startedAt).toBeGreaterThan(240);
    expect(gateway.connections).toHaveLength(7);
    expect(retries).toEqual([]);
  });
});

describe("a token", () => {
  test("is refreshed once if the gateway refuses it", async () => {
    const asked: TokenRequest[] = [];
    await using gateway = await FakeGateway.start(notFound);
    const token = (tokenRequest: TokenRequest) => `token-${asked.push(tokenRequest)}`;
    const { stream, retries } = clientOf(gateway, { token });
    const { error } = await takeUntilError(stream);
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 404, code: "not_found" });
    expect((error as Error).message).toContain("token is missing, expired");
    expect(asked.map(({ refresh }) => refresh)).toEqual([false, true]);
    expect(gateway.connections.map(({ request }) => request.headers.authorization)).toEqual([
      "bearer token-1",
      "bearer token-2",
    ]);
    expect(retries).toEqual([]);
  });

  test("that expires is refreshed each time", async () => {
    let valid = "token-1";
    await using gateway = await FakeGateway.start(async (c) => {
      if (c.request.headers.authorization !== `bearer ${valid}`) {
        return c.fail(401, "x", "y");
      }
      await c.open().send(valid);
      valid = `token-${Number(valid.slice(6)) + 1}`;
      return c.closeStream();
    });
    let current = 1;
    const token = ({ refresh }: TokenRequest) => {
      if (refresh) {
        current += 1;
      }
      return Promise.resolve(`token-${current}`);
    };
    const { stream } = clientOf(gateway, { token });
    expect(await take(stream, 3)).toEqual(["token-1", "token-2", "token-3"]);
    expect(gateway.connections).toHaveLength(5);
  });

  test("is retried if its function fails, and ends the stream after a final TokenError", async () => {
    await using gateway = await FakeGateway.start(sendAndStay("a"));
    const cause = new Error("token server down");
    let asked = 0;
    const token = () => {
      asked += 1;
      if (asked < 3) {
        throw cause;
      }
      return "t";
    };
    const { stream, retries } = clientOf(gateway, { token });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ error }) => error.cause)).toEqual([cause, cause]);

    const final = new TokenError("no such client", { retryable: false });
    const other = clientOf(gateway, { token: () => Promise.reject(final) });
    expect((await takeUntilError(other.stream)).error).toBe(final);
    const wrong = clientOf(gateway, { token: () => "two words" });
    expect((await takeUntilError(wrong.stream)).error).toMatchObject({ name: "TokenError" });
  });

  test("is sent after a lower-case bearer, or not at all", async () => {
    await using gateway = await FakeGateway.start(sendAndStay("a"));
    for (const token of ["Bearer abc", () => "bearer abc\n", undefined]) {
      await take(clientOf(gateway, { token }).stream, 1);
    }
    expect(gateway.connections.map(({ request }) => request.headers.authorization)).toEqual([
      "bearer abc",
      "bearer abc",
      undefined,
    ]);
  });

  test("appears in no error, log line or URL, even if the server repeats it", async () => {
    const secret = "s3cr3t-t0k3n/with+more=";
    const told: unknown[] = [];
    const tell = (message: string) => told.push(message);
    const echo = `you sent ${secret}`;
    await using gateway = await FakeGateway.start(
      script(
        (c) => c.fail(500, secret, echo),
        (c) => c.answer(503, "text/plain", echo),
        async (c) => {
          await c.open().write("data: {broken\n\n");
          await c.cut();
        },
        (c) => c.open(),
        (c) => c.answer(400, "text/html", echo),
      ),
    );
    const options: Partial<RlpGatewayClientOptions> = {
      heartbeatTimeoutMs: 50,
      logger: { debug: tell, info: tell, warn: tell, error: tell },
      onRetryableError: (...all) => told.push(all),
      onInvalidEvent: (error) => told.push(error),
    };
    told.push(
      (await takeUntilError(clientOf(gateway, { ...options, token: secret }).stream)).error,
    );
    await using refusing = await FakeGateway.start((c) => c.fail(404, "x", echo));
    for (const token of [() => `${secret}\nx`, () => secret, async () => `${secret} x`]) {
      told.push((await takeUntilError(clientOf(refusing, { ...options, token }).stream)).error);
    }
    for (const wrong of [`${secret} x`, `${secret}\n x`]) {
      try {
        new RlpGatewayClient({ url: gateway.url, token: wrong });
      } catch (error) {
        told.push(error);
      }
    }
    told.push(gateway.connections.map(({ request }) => request.url));
    expect(told.length).toBeGreaterThan(15);
    const everything = inspect(told, { depth: Infinity, showHidden: true, maxStringLength: null });
    expect(everything).toContain("[redacted]");
    expect(everything).not.toContain("s3cr3t");
  });
});
