import {
  batchEvent,
  FakeGateway,
  type GatewayConnection,
  heartbeatEvent,
  take,
  takeUntilError,
} from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { clientOf, request, script, send } from "../testing/scriptedClient.js";
import { GatewayConnectionError, GatewayResponseError, RetriesExhaustedError } from "./errors.js";

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
        send("a"),
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
  ])("of status %i ends the stream immediately", async (status, code, message) => {
    await using gateway = await FakeGateway.start((c) => c.fail(status, code, message));
    const { stream, retries } = clientOf(gateway);
    const { error } = await takeUntilError(stream);
    expect(error).toBeInstanceOf(GatewayResponseError);
    expect(error).toMatchObject({ name: "GatewayResponseError", status, code });
    expect((error as GatewayResponseError).body).toContain(message);
    expect(gateway.connections).toHaveLength(1);
    expect(retries).toEqual([]);
  });

  test("with a body of another server keeps its text, truncated to 64 KiB", async () => {
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

  test("after an event, such as a heartbeat, is counted from 1 again", async () => {
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
        send("a"),
      ),
    );
    const { stream, retries } = clientOf(gateway, { maxRetries: 2 });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
  });

  test("in the middle of an event drops the event and continues with the next connection", async () => {
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
        send("c"),
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

describe("a closing event", () => {
  test("is not a failure, and the stream reconnects immediately", async () => {
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
    // Growing delays would take at least 40 s.
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
    // The first retry is immediate; the others follow after at least 10, 20, 40, 80 and 100 ms.
    expect(performance.now() - startedAt).toBeGreaterThan(240);
    expect(gateway.connections).toHaveLength(7);
    expect(retries).toEqual([]);
  });
});
