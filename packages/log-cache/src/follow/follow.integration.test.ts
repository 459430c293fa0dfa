import type { Envelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import { collect, gatewayClient, log, now, numbers, textsOf } from "../../testing/follow.js";
import type { FollowStream, Gap, LogCacheClient, LogCacheStatus } from "../index.js";

const ms = 1_000_000n;
const turn = () => new Promise(setImmediate);

/** Reads until `count` envelopes have arrived. */
async function take(stream: FollowStream, count: number): Promise<Envelope[]> {
  const envelopes: Envelope[] = [];
  while (envelopes.length < count) {
    const { value = [] } = await stream.next();
    envelopes.push(...value);
  }
  return envelopes;
}

/** The limit of a request. */
function limitOf(url: string): number {
  return Number(new URL(url).searchParams.get("limit"));
}

/** Adds the statuses of a client to an array until it is closed. */
async function watch(client: LogCacheClient, statuses: LogCacheStatus[]): Promise<void> {
  for await (const status of client.status()) {
    statuses.push(status);
  }
}

test("yields stored and new envelopes once and in order", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const start = now();
  for (let i = 0; i < 2_500; i++) {
    emulator.emit(log(i, start + BigInt(i) * 1_000n));
  }
  const reading = collect(client, 3_000);
  for (let i = 2_500; i < 3_000; i++) {
    emulator.emit(log(i, start + BigInt(i) * 1_000n));
    await turn();
  }
  expect(textsOf(await reading)).toEqual(numbers(3_000));
});

test("starts with envelopes newer than the newest stored one", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  emulator.emit(log("old", now()));
  const statuses = client.status();
  void statuses.next();
  const stream = client.follow(["a"], { settleMs: 0, pollIntervalMs: 2 });
  const first = stream.next();
  await expect.poll(() => client.stats.requests).toBeGreaterThan(1);
  emulator.emit(log("new", now() + ms));
  expect(textsOf((await first).value ?? [])).toEqual(["new"]);
  await stream.return?.();
  expect(client.stats.follows).toBe(0);
});

test("a source that is empty at first is read from its first envelope on", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const reading = collect(client, 1, { from: undefined });
  await expect.poll(() => client.stats.requests).toBeGreaterThan(1);
  emulator.emit(log("first", 5n));
  expect(textsOf(await reading)).toEqual(["first"]);
});

test("4,000 equal timestamps, and equal envelopes among them", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const start = now();
  for (let i = 0; i < 4_000; i++) {
    emulator.emit(log(i % 10, start));
  }
  emulator.emit(log("after", start + 10_000n));
  const texts = textsOf(await collect(client, 4_001));
  expect(texts).toHaveLength(4_001);
  expect(texts.filter((text) => text === "3")).toHaveLength(400);
});

test("of 5,000 equal timestamps, yields the 4,001 that the store has", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const start = now();
  for (let i = 0; i < 5_000; i++) {
    emulator.emit(log(i, start));
  }
  emulator.emit(log("after", start + 10_000n));
  const texts = textsOf(await collect(client, 4_002));
  expect(texts).toEqual([...numbers(4_000), "4999", "after"]);
});

test("an envelope that is inserted before the last one is neither lost nor repeated", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  for (const timestamp of [10n, 11n, 12n, 13n, 14n]) {
    emulator.emit(log(`${timestamp}`, timestamp));
  }
  // Its key is that after the last one: responses end with it, though it is not the newest.
  emulator.emit(log("12 again", 12n));
  emulator.emit(log("20", 20n));
  expect(textsOf(await collect(client, 7))).toEqual([
    "10",
    "11",
    "12",
    "12 again",
    "13",
    "14",
    "20",
  ]);
});

test("sorts envelopes that arrive late by up to settleMs", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  // Late by 0 to 90 ms, in an order that is far from that of the timestamps.
  emulator.faults.logCache.delayArrivals(({ timestamp }) => Number((timestamp / 1_000n) % 7n) * 15);
  const reading = collect(client, 1_000, { settleMs: 300, overlapMs: 300 });
  for (let i = 0; i < 1_000; i++) {
    emulator.emit(log(i, now() + BigInt(i) * 1_000n));
    if (i % 50 === 0) {
      await turn();
    }
  }
  const envelopes = await reading;
  const timestamps = envelopes.map(({ timestamp }) => timestamp);
  expect(timestamps).toEqual([...timestamps].sort((a, b) => (a < b ? -1 : 1)));
  expect(new Set(textsOf(envelopes)).size).toBe(1_000);
});

test("yields envelopes that arrive later than settleMs, within overlapMs, out of order", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const start = now();
  const stream = client.follow(["a"], { from: 1n, settleMs: 0, overlapMs: 200, pollIntervalMs: 2 });
  emulator.emit(log("on time", start));
  expect(textsOf((await stream.next()).value ?? [])).toEqual(["on time"]);
  emulator.emit(log("late", start - 150n * ms));
  expect(textsOf((await stream.next()).value ?? [])).toEqual(["late"]);
  await stream.return?.();
});

describe.each([-1, 1])("with a server whose clock is %i h ahead", (hours) => {
  test("nothing is missing and nothing is repeated", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    emulator.faults.logCache.skewClock(hours * 3_600_000);
    const reading = collect(client, 1_500, { settleMs: 5, overlapMs: 10 });
    for (let i = 0; i < 1_500; i++) {
      emulator.emit(log(i, now() + BigInt(i)));
      if (i % 20 === 0) {
        await turn();
      }
    }
    expect(textsOf(await reading).sort((a, b) => Number(a) - Number(b))).toEqual(numbers(1_500));
  });
});

describe("with a server whose clock is set back by hours", () => {
  const hour = 3_600_000n * ms;

  test.each([0, 50])(
    "yields all envelopes once and reports it once, settleMs %i",
    async (settleMs) => {
      await using emulator = await startEmulator();
      await using client = gatewayClient(emulator);
      const statuses: LogCacheStatus[] = [];
      const watching = watch(client, statuses);
      const stream = client.follow(["a"], {
        settleMs,
        overlapMs: 200,
        pollIntervalMs: 2,
        from: 1n,
      });
      // The envelopes have the times of the server.
      emulator.faults.logCache.skewClock(3_600_000);
      for (let i = 0; i < 300; i++) {
        emulator.emit(log(i, now() + hour + BigInt(i)));
      }
      const first = await take(stream, 300);
      emulator.faults.logCache.skewClock(-3_600_000);
      for (let i = 300; i < 2_500; i++) {
        emulator.emit(log(i, now() - hour + BigInt(i)));
        if (i % 50 === 0) {
          await turn();
        }
      }
      const second = await take(stream, 2_200);
      emulator.faults.logCache.skewClock(-7_200_000);
      for (let i = 2_500; i < 2_600; i++) {
        emulator.emit(log(i, now() - 2n * hour + BigInt(i)));
      }
      const third = await take(stream, 100);
      expect(textsOf([...first, ...second, ...third])).toEqual(numbers(2_600));
      expect(client.stats.gaps).toBe(0);
      await client.close();
      await watching;
      expect(statuses.map(({ type }) => type)).toEqual(["skewed", "closed"]);
    },
  );

  test("does not yield stored envelopes again while it catches up", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const stream = client.follow(["a"], {
      settleMs: 0,
      overlapMs: 20,
      pollIntervalMs: 2,
      from: 1n,
    });
    const start = now();
    emulator.faults.logCache.skewClock(60_000);
    // From 10 s before to 60 s after the time to which the clock is set back.
    for (let i = 0; i < 7_000; i++) {
      emulator.emit(log(`old ${i}`, start + BigInt(i - 1_000) * 10n * ms));
    }
    await take(stream, 7_000);
    emulator.faults.logCache.skewClock(0);
    for (let i = 0; i < 20; i++) {
      const { requests } = client.stats;
      const next = stream.next();
      await expect.poll(() => client.stats.requests, { interval: 1 }).toBeGreaterThan(requests + 4);
      emulator.emit(log(i, now() + BigInt(i)));
      expect(textsOf((await next).value ?? [])).toEqual([`${i}`]);
    }
    await stream.return?.();
  });

  test("continues after a checkpoint that is ahead of the clock", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const options = { settleMs: 0, overlapMs: 20, pollIntervalMs: 2 };
    const stream = client.follow(["a"], { ...options, from: 1n });
    emulator.faults.logCache.skewClock(3_600_000);
    emulator.emit(log("before", now() + hour));
    await take(stream, 1);
    const checkpoint = stream.checkpoint();
    await stream.return?.();
    emulator.faults.logCache.skewClock(0);
    const next = client.follow(["a"], { ...options, checkpoint });
    const first = next.next();
    await expect.poll(() => client.stats.requests).toBeGreaterThan(10);
    emulator.emit(log("after", now()));
    expect(textsOf((await first).value ?? [])).toEqual(["after"]);
    await next.return?.();
  });

  test("keeps yielding if the clock of the source was not set back", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const stream = client.follow(["a"], {
      settleMs: 0,
      overlapMs: 20,
      pollIntervalMs: 2,
      from: 1n,
    });
    for (let i = 0; i < 40; i++) {
      emulator.faults.logCache.skewClock(i % 10 < 5 ? 3_600_000 : -3_600_000);
      for (let j = 0; j < 50; j++) {
        emulator.emit(log(i * 50 + j, now() + BigInt(j)));
      }
      expect(textsOf(await take(stream, 50))).toEqual(
        numbers(50).map((n) => `${i * 50 + Number(n)}`),
      );
    }
    await stream.return?.();
  });
});

test("yields nothing before a start in the future", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const from = now() + 60_000n * ms;
  const stream = client.follow(["a"], { settleMs: 0, overlapMs: 10, pollIntervalMs: 2, from });
  const first = stream.next();
  await expect.poll(() => client.stats.requests).toBeGreaterThan(3);
  emulator.emit(log("present", now()));
  const { requests } = client.stats;
  await expect.poll(() => client.stats.requests).toBeGreaterThan(requests + 20);
  emulator.emit(log("future", from));
  expect(textsOf((await first).value ?? [])).toEqual(["future"]);
  await stream.return?.();
});

test("reads on if a server's clock stops the progress while responses are too large", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const stream = client.follow(["a"], { settleMs: 20, overlapMs: 20, pollIntervalMs: 2, from: 1n });
  emulator.faults.logCache.limitResponses(1_000);
  emulator.faults.logCache.skewClock(3_600_000);
  const start = now();
  for (let i = 0; i < 2_000; i++) {
    emulator.emit(log(i, start + BigInt(i) * 20_000n));
  }
  expect(textsOf(await take(stream, 2_000))).toEqual(numbers(2_000));
  emulator.faults.logCache.skewClock(-3_600_000);
  for (let i = 2_000; i < 4_000; i++) {
    emulator.emit(log(i, start + BigInt(i) * 20_000n));
  }
  expect(textsOf(await take(stream, 2_000))).toEqual(numbers(4_000).slice(2_000));
  await stream.return?.();
});

test("an envelope from the future does not hide current ones", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const stream = client.follow(["a"], { from: 1n, settleMs: 0, overlapMs: 10, pollIntervalMs: 2 });
  emulator.emit(log("future", now() + 3_600_000n * ms));
  expect(textsOf((await stream.next()).value ?? [])).toEqual(["future"]);
  emulator.emit(log("present", now()));
  expect(textsOf((await stream.next()).value ?? [])).toEqual(["present"]);
  await stream.return?.();
});

test("reports no gap for a burst that arrives while an envelope from the future is stored", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const stream = client.follow(["a"], { from: 1n, settleMs: 0, overlapMs: 10, pollIntervalMs: 2 });
  emulator.emit(log("future", now() + 3_600_000n * ms));
  await take(stream, 1);
  for (let i = 0; i < 1_500; i++) {
    emulator.emit(log(i, now() + BigInt(i)));
  }
  expect(textsOf(await take(stream, 1_500))).toEqual(numbers(1_500));
  expect(client.stats.gaps).toBe(0);
  await stream.return?.();
});

test("merges sources in the order of their timestamps", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const sources = numbers(10).map((number) => `app-${number}`);
  const start = now() - 60_000n * ms;
  for (let i = 0; i < 6_000; i++) {
    // The first source has most of them, the last one has none.
    const source = i % 2 === 0 ? 0 : i % 9;
    emulator.emit(log(i, start + BigInt(i) * ms, `app-${source}`));
  }
  const options = { settleMs: 20, overlapMs: 40 };
  expect(textsOf(await collect(client, 6_000, options, sources))).toEqual(numbers(6_000));
});

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
    const options = {
      from: 1n,
      settleMs: 0,
      pollIntervalMs: 2,
      onGap: (gap: Gap) => gaps.push(gap),
    };
    const stream = client.follow(["a"], options);
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

  test("survives a restart of log-cache, and reports that data may be lost", async () => {
    await using emulator = await startEmulator();
    const retries: Error[] = [];
    await using client = gatewayClient(emulator, {
      onRetryableError: (error) => retries.push(error),
    });
    const gaps: Gap[] = [];
    const options = {
      from: 1n,
      settleMs: 0,
      pollIntervalMs: 2,
      onGap: (gap: Gap) => gaps.push(gap),
    };
    const stream = client.follow(["a"], options);
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

  test("a node that is down makes its sources empty, which is reported as a status", async () => {
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

  test("a first request that is refused ends it, a later one is retried", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { user: ["a"] } } });
    const url = emulator.logCache.url;
    await using stranger = gatewayClient(emulator, { url, token: "stranger" });
    await expect(collect(stranger, 1)).rejects.toMatchObject({ status: 404, retryable: false });

    await using client = gatewayClient(emulator, { url, token: "user" });
    const stream = client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2 });
    emulator.emit(log("before", now()));
    await stream.next();
    // Users get 404 without it, as if they had no right.
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

describe("stopping", () => {
  test.each(["signal", "close", "stop", "return"])("ends by %s while it waits", async (way) => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const controller = new AbortController();
    const { signal } = controller;
    const stream = client.follow(["a"], { signal, pollIntervalMs: 60_000 });
    const next = stream.next();
    await expect.poll(() => client.stats.requests).toBeGreaterThan(1);
    if (way === "signal") {
      controller.abort();
    } else if (way === "close") {
      await client.close();
    } else if (way === "stop") {
      stream.stop();
    } else {
      await stream.return?.();
    }
    expect(await next).toEqual({ done: true, value: undefined });
    expect(client.stats.follows).toBe(0);
  });
});

test("continues after a checkpoint with the next envelope", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const start = now();
  const all: string[] = [];
  let checkpoint: unknown;
  for (let i = 0; i < 5_000; i++) {
    // Groups of equal timestamps, so that a restart falls within one.
    emulator.emit(log(i, start + BigInt(Math.floor(i / 30)) * ms));
  }
  for (let round = 0; all.length < 5_000; round++) {
    const options = { from: 1n, settleMs: 0, pollIntervalMs: 2, overlapMs: 20 };
    const stream = client.follow(["a"], {
      ...options,
      ...(checkpoint !== undefined && { checkpoint: JSON.parse(JSON.stringify(checkpoint)) }),
    });
    const { value } = await stream.next();
    all.push(...textsOf(value ?? []));
    checkpoint = stream.checkpoint();
    // Envelopes yielded after the checkpoint are yielded again by the next stream.
    const repeated = stream.next();
    if (all.length < 5_000) {
      await repeated;
    }
    await stream.return?.();
    if (round > 100) {
      break;
    }
  }
  expect(all).toEqual(numbers(5_000));
});
