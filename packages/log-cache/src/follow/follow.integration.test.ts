import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import { collect, gatewayClient, log, now, numbers, textsOf } from "../../testing/follow.js";

const ms = 1_000_000n;
const turn = () => new Promise(setImmediate);

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

test("yields 4,000 envelopes with equal timestamps, identical ones included", async () => {
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

test("of 5,000 equal timestamps, yields the 4,001 that the store keeps", async () => {
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
  // Its key follows that of the last one: responses end with it, although it is not the newest.
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

test("sorts envelopes that arrive up to settleMs late", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  // Delays of 0 to 90 ms, so that the order of arrival differs widely from that of the timestamps.
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

test("merges sources in the order of their timestamps", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  const sources = numbers(10).map((number) => `app-${number}`);
  const start = now() - 60_000n * ms;
  for (let i = 0; i < 6_000; i++) {
    // Most envelopes belong to the first source, none to the last.
    const source = i % 2 === 0 ? 0 : i % 9;
    emulator.emit(log(i, start + BigInt(i) * ms, `app-${source}`));
  }
  const options = { settleMs: 20, overlapMs: 40 };
  expect(textsOf(await collect(client, 6_000, options, sources))).toEqual(numbers(6_000));
});

describe("stopping", () => {
  test.each(["signal", "close", "stop", "drain", "return", "dispose"])(
    "%s ends a stream that waits for envelopes",
    async (way) => {
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
      } else if (way === "drain") {
        stream.stop({ drain: true });
      } else if (way === "dispose") {
        await stream[Symbol.asyncDispose]();
      } else {
        await stream.return?.();
      }
      expect(await next).toEqual({ done: true, value: undefined });
      expect(client.stats.follows).toBe(0);
    },
  );

  test("draining yields held envelopes, and a checkpoint continues after them", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    const start = now();
    const held = ["b", "a"].map((source, i) => log(source, start - BigInt(i) * ms, source));
    for (const envelope of held) {
      emulator.emit(envelope);
    }
    const options = { from: 1n, settleMs: 60_000, overlapMs: 60_000, pollIntervalMs: 2 };
    const stream = client.follow(["a", "b"], options);
    const first = stream.next();
    await expect.poll(() => client.stats.repeated).toBeGreaterThan(1);
    stream.stop({ drain: true });
    expect(textsOf((await first).value ?? [])).toEqual(["a", "b"]);
    const checkpoint = stream.checkpoint();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    emulator.emit(log("new", start, "a"));
    const second = client.follow(["a", "b"], { ...options, settleMs: 0, checkpoint });
    expect(textsOf((await second.next()).value ?? [])).toEqual(["new"]);
    await second.return?.();
  });

  test("stop() drops held envelopes, whatever is called after it", async () => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    emulator.emit(log("held", now()));
    const stream = client.follow(["a"], { from: 1n, settleMs: 60_000, pollIntervalMs: 2 });
    const first = stream.next();
    await expect.poll(() => client.stats.repeated).toBeGreaterThan(0);
    stream.stop();
    stream.stop({ drain: true });
    expect(await first).toEqual({ done: true, value: undefined });
    expect(() => stream.stop({ drian: true } as never)).toThrow('did you mean "drain"?');
    expect(() => stream.stop({ drain: 1 } as never)).toThrow("drain must be true or false, got 1");
  });
});

test("continues with the next envelope after a checkpoint", async () => {
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
