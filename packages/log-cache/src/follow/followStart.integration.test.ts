// Detection of losses before the first read of a source, when no envelopes are known yet.
import { counterEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  fastFollow,
  gatewayClient,
  log,
  now,
  numbers,
  take,
  textsOf,
} from "../../testing/follow.js";
import type { FollowOptions, FollowStream, Gap, LogCacheClient } from "../index.js";

const ms = 1_000_000n;
const logCache = { maxPerSource: 50 };

/** Stops the client's monotonic clock the given time after the start of the process. */
function stopClockAt(uptimeMs: number): void {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.advanceTimersByTime(uptimeMs);
}

/** A stream that adds gaps to a list. By default, it starts after the newest envelope. */
function follow(
  client: LogCacheClient,
  gaps: Gap[],
  options: FollowOptions = {},
  sourceIds: readonly string[] = ["a"],
): FollowStream {
  const onGap = (gap: Gap) => gaps.push(gap);
  return client.follow(sourceIds, { ...fastFollow, from: undefined, onGap, ...options });
}

/** Starts reading, and resolves once all sources have been read twice. */
async function start(
  client: LogCacheClient,
  stream: FollowStream,
): Promise<{ readonly next: ReturnType<FollowStream["next"]> }> {
  const { requests } = client.stats;
  const next = stream.next();
  await expect.poll(() => client.stats.requests, { interval: 1 }).toBeGreaterThan(requests + 8);
  return { next };
}

/** Emits 200 logs, of which log-cache keeps the last 50, while it cannot be read. */
async function overflow(emulator: Emulator, client: LogCacheClient, time: bigint): Promise<void> {
  const { retries } = client.stats;
  emulator.faults.logCache.gateway.stop();
  if (client.stats.follows > 0) {
    await expect.poll(() => client.stats.retries, { interval: 1 }).toBeGreaterThan(retries);
  }
  for (let i = 0; i < 200; i++) {
    emulator.emit(log(i, time + BigInt(i) * ms));
  }
  emulator.faults.logCache.gateway.start();
}

const kept = numbers(200).slice(150);

describe.each([
  ["that has an envelope", true],
  ["that is empty", false],
])("a quiet source %s", (_, hasEnvelope) => {
  test("reports what expired before anything was yielded", async () => {
    stopClockAt(3_600_000);
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    const time = now();
    if (hasEnvelope) {
      emulator.emit(log("old", time - ms));
    }
    const gaps: Gap[] = [];
    const { next } = await start(client, follow(client, gaps));
    await overflow(emulator, client, time);
    expect(textsOf((await next).value ?? [])).toEqual(kept);
    const from = hasEnvelope ? time - ms : 0n;
    expect(gaps).toEqual([{ sourceId: "a", from, to: time + 150n * ms }]);
  });

  test("reports what expired after the checkpoint of a stream that yielded nothing", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    const time = now();
    if (hasEnvelope) {
      emulator.emit(log("old", time - ms));
    }
    const gaps: Gap[] = [];
    const first = follow(client, gaps);
    await start(client, first);
    const checkpoint = JSON.parse(JSON.stringify(first.checkpoint()));
    await first.return?.();
    await overflow(emulator, client, time);
    const second = follow(client, gaps, { checkpoint });
    expect(textsOf(await take(second, 50))).toEqual(kept);
    expect(gaps).toMatchObject([{ sourceId: "a", to: time + 150n * ms }]);
    second.stop();
  });
});

test("reports what expired of a source that a checkpoint does not contain", async () => {
  await using emulator = await startEmulator({ logCache });
  await using client = gatewayClient(emulator);
  const gaps: Gap[] = [];
  const first = follow(client, gaps, {}, ["other"]);
  await start(client, first);
  const checkpoint = first.checkpoint();
  await first.return?.();
  const time = now();
  await overflow(emulator, client, time);
  const second = follow(client, gaps, { checkpoint, from: time }, ["a", "other"]);
  expect(textsOf(await take(second, 50))).toEqual(kept);
  expect(gaps).toEqual([{ sourceId: "a", from: time, to: time + 150n * ms }]);
  second.stop();
});

test("reports what expired after a start in the past that found nothing", async () => {
  await using emulator = await startEmulator({ logCache });
  await using client = gatewayClient(emulator);
  const time = now();
  emulator.emit(log("old", time - 2n * ms));
  const gaps: Gap[] = [];
  const { next } = await start(client, follow(client, gaps, { from: time - ms }));
  await overflow(emulator, client, time);
  expect(textsOf((await next).value ?? [])).toEqual(kept);
  expect(gaps).toEqual([{ sourceId: "a", from: time - ms, to: time + 150n * ms }]);
});

test("reports no gap if envelopes of other types expired before", async () => {
  await using emulator = await startEmulator({ logCache });
  await using client = gatewayClient(emulator);
  const time = now();
  for (let i = 0; i < 100; i++) {
    const timestamp = time - BigInt(100 - i) * 2_000n * ms;
    emulator.emit(counterEnvelope("requests", { sourceId: "a", timestamp }));
  }
  const gaps: Gap[] = [];
  const stream = follow(client, gaps, { types: ["log"] });
  const { next } = await start(client, stream);
  const checkpoint = stream.checkpoint();
  emulator.emit(log("first", time));
  expect(textsOf((await next).value ?? [])).toEqual(["first"]);
  stream.stop();
  const second = follow(client, gaps, { types: ["log"], checkpoint });
  expect(textsOf(await take(second, 1))).toEqual(["first"]);
  second.stop();
  expect(gaps).toEqual([]);
});

test("checks again while the metadata does not contain the source", async () => {
  stopClockAt(0);
  await using emulator = await startEmulator({ logCache: { ...logCache, metaDelayMs: 1_200 } });
  await using client = gatewayClient(emulator);
  const time = now();
  emulator.faults.logCache.node.stop();
  emulator.faults.logCache.node.start();
  await overflow(emulator, client, time);
  const gaps: Gap[] = [];
  const stream = follow(client, gaps, { from: time });
  expect(textsOf(await take(stream, 50))).toEqual(kept);
  expect(gaps).toEqual([]);
  void stream.next();
  vi.advanceTimersByTime(600);
  await expect.poll(() => client.stats.requests).toBeGreaterThan(20);
  expect(gaps).toEqual([]);
  vi.advanceTimersByTime(600);
  const gap = { sourceId: "a", from: time, to: time + 150n * ms };
  await expect.poll(() => gaps).toEqual([gap]);
});
