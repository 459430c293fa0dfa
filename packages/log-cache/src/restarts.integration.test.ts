// The behaviour of clients while components of log-cache restart, with the delays of real servers:
// see "Log-cache" in docs/protocol.md. The clock of outages is stopped, so that each state lasts
// until it has been tested.
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { gatewayClient, log, now, numbers, take, textsOf } from "../testing/follow.js";
import type { FollowStream, Gap, LogCacheClient } from "./index.js";

const ms = 1_000_000n;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
});

/** Follows from the beginning, and adds gaps to the list. */
function follow(client: LogCacheClient, gaps: Gap[]): FollowStream {
  const onGap = (gap: Gap) => gaps.push(gap);
  return client.follow(["a"], { from: 1n, settleMs: 0, pollIntervalMs: 2, onGap });
}

/** Emits logs with the texts `first` to `end - 1`, a millisecond apart. */
function emit(emulator: Emulator, start: bigint, first: number, end: number): void {
  for (let i = first; i < end; i++) {
    emulator.emit(log(i, start + BigInt(i) * ms));
  }
}

/** Expects that a stream yields nothing else before a new envelope, and ends it. */
async function expectNothingElse(emulator: Emulator, stream: FollowStream): Promise<void> {
  emulator.emit(log("end", now() + 3_600_000n * ms));
  const { value } = await stream.next();
  expect(textsOf(value ?? [])).toEqual(["end"]);
  await stream.stop();
}

describe("an auth proxy that waits for UAA's keys", () => {
  const options = (emulator: Emulator) => ({ url: emulator.logCache.url, token: "any" });

  function restartWithoutUaa({ faults }: Emulator): void {
    faults.logCache.authProxy.stop();
    faults.uaa.stop();
    faults.logCache.authProxy.start();
  }

  test("read and meta fail with a retryable error that names the address", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator, options(emulator));
    restartWithoutUaa(emulator);
    const failure = {
      name: "LogCacheConnectionError",
      retryable: true,
      message: expect.stringMatching(/^cannot reach log-cache at http:\/\/127\.0\.0\.1:\d+: /),
    };
    await expect(client.read("a")).rejects.toMatchObject(failure);
    await expect(client.meta()).rejects.toMatchObject(failure);
    emulator.faults.uaa.start();
    expect(await client.read("a")).toEqual([]);
    expect(await client.meta()).toEqual(new Map());
  });

  test("follow continues where it stopped, and reads everything if it is started meanwhile", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator, options(emulator));
    const gaps: Gap[] = [];
    const start = now();
    const stream = follow(client, gaps);
    emit(emulator, start, 0, 10);
    const texts = textsOf(await take(stream, 10));
    restartWithoutUaa(emulator);
    emit(emulator, start, 10, 20);
    const later = follow(client, gaps);
    const reading = [take(stream, 10), take(later, 20)];
    await expect.poll(() => client.stats.retries).toBeGreaterThan(3);
    emulator.faults.uaa.start();
    const [continued = [], whole = []] = await Promise.all(reading);
    expect([...texts, ...textsOf(continued)]).toEqual(numbers(20));
    expect(textsOf(whole)).toEqual(numbers(20));
    expect(gaps).toEqual([]);
    await expectNothingElse(emulator, stream);
    await later.stop();
  });
});

describe("a gateway that connects later than log-cache restarts", () => {
  const logCache = { gatewayBackoffMs: 1_000 };

  test("read and meta fail with 503 and the gateway's reason", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    emulator.faults.logCache.server.stop();
    vi.advanceTimersByTime(1);
    emulator.faults.logCache.server.start();
    emulator.emit(log("after", 1n));
    const refused =
      '503: connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:8080: connect: connection refused"';
    await expect(client.read("a")).rejects.toMatchObject({
      message: `cannot read the source "a": got ${refused}`,
      status: 503,
      code: 14,
      retryable: true,
    });
    await expect(client.meta()).rejects.toThrow(`cannot list the sources: got ${refused}`);
    vi.advanceTimersByTime(999);
    expect(textsOf(await client.read("a"))).toEqual(["after"]);
    expect([...(await client.meta()).keys()]).toEqual(["a"]);
  });

  test("follow reads everything that arrived meanwhile, without a gap", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    const gaps: Gap[] = [];
    const stream = follow(client, gaps);
    const reading = take(stream, 300);
    emulator.faults.logCache.server.stop();
    vi.advanceTimersByTime(1);
    emulator.faults.logCache.server.start();
    emit(emulator, now(), 0, 200);
    await expect.poll(() => client.stats.retries).toBeGreaterThan(3);
    emit(emulator, now(), 200, 300);
    vi.advanceTimersByTime(999);
    expect(textsOf(await reading)).toEqual(numbers(300));
    expect(gaps).toEqual([]);
    await expectNothingElse(emulator, stream);
  });

  test("follow reports the envelopes lost in the restart as one gap, and repeats nothing", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    const gaps: Gap[] = [];
    const start = now();
    const stream = follow(client, gaps);
    emit(emulator, start, 0, 10);
    const texts = textsOf(await take(stream, 10));
    const reading = take(stream, 10);
    emulator.faults.logCache.server.stop();
    vi.advanceTimersByTime(1);
    emulator.faults.logCache.server.start();
    await expect.poll(() => client.stats.retries).toBeGreaterThan(3);
    emit(emulator, start, 20, 30);
    vi.advanceTimersByTime(999);
    texts.push(...textsOf(await reading));
    expect(texts).toEqual([...numbers(10), ...numbers(30).slice(20)]);
    expect(gaps).toEqual([{ sourceId: "a", from: start + 9n * ms, to: start + 20n * ms }]);
    await expectNothingElse(emulator, stream);
  });
});

describe("a restarted node that meta does not list yet", () => {
  const logCache = { metaDelayMs: 1_500 };

  test("read returns its envelopes, and meta lists it later", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    emulator.faults.logCache.node.stop();
    emulator.faults.logCache.node.start();
    emulator.emit(log("after", 5n));
    expect(textsOf(await client.read("a"))).toEqual(["after"]);
    expect(await client.meta()).toEqual(new Map());
    vi.advanceTimersByTime(1_500);
    expect(await client.meta()).toEqual(
      new Map([["a", { count: 1, expired: 0, oldestTimestamp: 5n, newestTimestamp: 5n }]]),
    );
  });

  test("a follow started meanwhile reads everything, without a gap", async () => {
    await using emulator = await startEmulator({ logCache });
    await using client = gatewayClient(emulator);
    const gaps: Gap[] = [];
    emulator.faults.logCache.node.stop();
    emulator.faults.logCache.node.start();
    emit(emulator, now(), 0, 20);
    const stream = follow(client, gaps);
    const texts = textsOf(await take(stream, 20));
    vi.advanceTimersByTime(1_500);
    emit(emulator, now(), 20, 40);
    texts.push(...textsOf(await take(stream, 20)));
    expect(texts).toEqual(numbers(40));
    expect(gaps).toEqual([]);
    await expectNothingElse(emulator, stream);
  });
});
