import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import {
  collect,
  fastFollow,
  gatewayClient,
  log,
  now,
  numbers,
  take,
  textsOf,
  watch,
} from "../../testing/follow.js";
import type { LogCacheStatus } from "../index.js";

const ms = 1_000_000n;
const turn = () => new Promise(setImmediate);

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
    "yields all envelopes once and reports the change once, settleMs %i",
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
      // The timestamps of the envelopes follow the server's clock.
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
    const stream = client.follow(["a"], { ...fastFollow, overlapMs: 20 });
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
    const stream = client.follow(["a"], { ...fastFollow, overlapMs: 20 });
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

test("continues if the server's clock limits progress while responses are too large", async () => {
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
