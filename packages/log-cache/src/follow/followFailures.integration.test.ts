import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import {
  collect,
  fastFollow,
  gatewayClient,
  limitOf,
  log,
  now,
  numbers,
  textsOf,
  watch,
} from "../../testing/follow.js";
import type { Gap, LogCacheStatus } from "../index.js";

const ms = 1_000_000n;

describe("failures", () => {
  test("halves the limit while responses are too large", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const start = now();
    for (let i = 0; i < 600; i++) {
      emulator.emit(log(i, start + BigInt(i) * 10_000n));
    }
    emulator.faults.logCache.limitResponses(5_000);
    expect(textsOf(await collect(client, 600))).toEqual(numbers(600));
  });

  test("halves the limit after a response that does not arrive in time", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator, {
      timeoutMs: 100,
      fetch: (url, init) =>
        limitOf(url) > 200
          ? new Promise((_, reject) => {
              init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
            })
          : fetch(url, init as RequestInit),
    });
    for (let i = 0; i < 600; i++) {
      emulator.emit(log(i, now() + BigInt(i)));
    }
    expect(textsOf(await collect(client, 600))).toEqual(numbers(600));
  });

  test("ends with the error if even two envelopes are too large", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    emulator.emit(log("x".repeat(1_000), 5n));
    emulator.faults.logCache.limitResponses(100);
    await expect(collect(client, 1, { from: 1n })).rejects.toMatchObject({
      name: "LogCacheResponseError",
      status: 429,
      code: 8,
      tooLarge: true,
    });
  });

  test("reports envelopes that expired before they were read, and continues", async () => {
    await using emulator = await startEmulator({ logCache: { maxPerSource: 100 } });
    await using client = gatewayClient(emulator);
    const gaps: Gap[] = [];
    const stream = client.follow(["a"], {
      ...fastFollow,
      onGap: (gap) => gaps.push(gap),
    });
    const start = now();
    emulator.emit(log("first", start));
    await stream.next();
    for (let i = 1; i <= 250; i++) {
      emulator.emit(log(i, start + BigInt(i) * ms));
    }
    const { value } = await stream.next();
    expect(textsOf(value ?? [])).toEqual(numbers(251).slice(151));
    expect(gaps).toEqual([{ sourceId: "a", from: start, to: start + 151n * ms }]);
    expect(client.stats.gaps).toBe(1);
    await stream.return?.();
  });

  test("reports envelopes that had expired before the start", async () => {
    await using emulator = await startEmulator({ logCache: { maxPerSource: 2 } });
    await using client = gatewayClient(emulator);
    const gaps: Gap[] = [];
    for (const timestamp of [10n, 11n, 12n, 13n]) {
      emulator.emit(log(`${timestamp}`, timestamp));
    }
    await collect(client, 2, { from: 10n, onGap: (gap) => gaps.push(gap) });
    expect(gaps).toEqual([{ sourceId: "a", from: 10n, to: 12n }]);
  });

  test("continues after a restart of log-cache, and reports that data may be lost", async () => {
    await using emulator = await startEmulator();
    const retries: Error[] = [];
    await using client = gatewayClient(emulator, {
      onRetryableError: (error) => retries.push(error),
    });
    const gaps: Gap[] = [];
    const stream = client.follow(["a"], {
      ...fastFollow,
      onGap: (gap) => gaps.push(gap),
    });
    const start = now();
    emulator.emit(log("before", start));
    await stream.next();
    const next = stream.next();
    emulator.faults.logCache.server.stop();
    await expect.poll(() => retries.length).toBeGreaterThan(1);
    emulator.faults.logCache.server.start();
    emulator.emit(log("after", start + 10n * ms));
    expect(textsOf((await next).value ?? [])).toEqual(["after"]);
    expect(gaps).toEqual([{ sourceId: "a", from: start, to: start + 10n * ms }]);
    expect(retries[0]).toMatchObject({ name: "LogCacheResponseError", status: 503, code: 14 });
    await stream.return?.();
  });

  test("reports a status for the sources of a node that is down, which appear empty", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const statuses: LogCacheStatus[] = [];
    const watching = watch(client, statuses);
    const stream = client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2 });
    emulator.emit(log("before", now()));
    await stream.next();
    const next = stream.next();
    emulator.faults.logCache.node.stop();
    await expect.poll(() => statuses).toContainEqual({ type: "missing", sourceId: "a" });
    emulator.faults.logCache.node.start();
    emulator.emit(log("after", now() + ms));
    expect(textsOf((await next).value ?? [])).toEqual(["after"]);
    await client.close();
    await watching;
    expect(statuses.map(({ type }) => type)).toEqual(["missing", "gap", "closed"]);
  });

  test("requests a fresh token when the last one is refused", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { user: ["a"] } } });
    const refreshes: boolean[] = [];
    await using client = gatewayClient(emulator, {
      url: emulator.logCache.url,
      token: ({ refresh }) => {
        refreshes.push(refresh);
        return "user";
      },
    });
    const stream = client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2 });
    emulator.emit(log("before", now()));
    await stream.next();
    emulator.faults.logCache.replaceKeys();
    const next = stream.next();
    await expect.poll(() => refreshes).toContain(true);
    emulator.emit(log("after", now() + ms));
    expect(textsOf((await next).value ?? [])).toEqual(["after"]);
    expect(client.stats.retries).toBe(0);
    await stream.return?.();
  });

  test("ends if the first request is refused, and retries if a later one is", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { user: ["a"] } } });
    const url = emulator.logCache.url;
    await using stranger = gatewayClient(emulator, { url, token: "stranger" });
    await expect(collect(stranger, 1)).rejects.toMatchObject({ status: 404, retryable: false });

    await using client = gatewayClient(emulator, { url, token: "user" });
    const stream = client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2 });
    emulator.emit(log("before", now()));
    await stream.next();
    // Without Cloud Controller, users get 404, as if access were denied.
    emulator.faults.cloudController.stop();
    const next = stream.next();
    await expect.poll(() => client.stats.retries).toBeGreaterThan(1);
    emulator.faults.cloudController.start();
    emulator.emit(log("after", now() + ms));
    expect(textsOf((await next).value ?? [])).toEqual(["after"]);
    await stream.return?.();
  });

  test("gives up after maxAttempts", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator, {
      retry: { baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 },
    });
    emulator.faults.logCache.server.stop();
    await expect(collect(client, 1)).rejects.toMatchObject({
      name: "RetriesExhaustedError",
      attempts: 4,
      cause: { status: 503 },
    });
  });
});

test("gives up after maxAttempts if pages fail and smaller requests do not", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator, {
    retry: { baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 },
    fetch: async (url, init) =>
      limitOf(url) > 1 ? new Response("", { status: 503 }) : fetch(url, init as RequestInit),
  });
  await expect(collect(client, 1)).rejects.toMatchObject({
    name: "RetriesExhaustedError",
    attempts: 4,
  });
});
