import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeEnvelopeBatch, EnvelopeBatchWriter, logEnvelope } from "../index.js";
import { nowNanoseconds } from "./nowNanoseconds.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const now = 1_795_363_066_942;

test("envelopes of one millisecond keep their order", () => {
  vi.setSystemTime(now);
  const times = Array.from({ length: 1000 }, nowNanoseconds);
  for (const [i, time] of times.entries()) {
    expect(time / 1_000_000n).toBe(BigInt(now));
    if (i > 0) {
      expect(time).toBeGreaterThan(times[i - 1] as bigint);
    }
  }
});

test("the next millisecond starts at zero nanoseconds", () => {
  vi.setSystemTime(now + 1);
  nowNanoseconds();
  vi.setSystemTime(now + 2);
  expect(nowNanoseconds()).toBe(BigInt(now + 2) * 1_000_000n);
});

test("nanoseconds carry into the upper 32 bits", () => {
  let milliseconds = now + 10;
  while (BigInt.asUintN(32, BigInt(milliseconds) * 1_000_000n) < 0xffff_ff00n) {
    milliseconds++;
  }
  vi.setSystemTime(milliseconds);
  const times = Array.from({ length: 300 }, nowNanoseconds);
  const first = BigInt(milliseconds) * 1_000_000n;
  expect(times).toEqual(times.map((_, i) => first + BigInt(i)));
});

test("follows a clock that is set back", () => {
  vi.setSystemTime(now + 4);
  nowNanoseconds();
  vi.setSystemTime(now + 3);
  expect(nowNanoseconds()).toBe(BigInt(now + 3) * 1_000_000n);
});

test("builders and writers share the clock, so that their envelopes are in order too", () => {
  vi.setSystemTime(now + 5);
  const writer = new EnvelopeBatchWriter();
  const times: bigint[] = [];
  for (let i = 0; i < 10; i++) {
    times.push(logEnvelope("").timestamp);
    writer.log("");
    times.push(...decodeEnvelopeBatch(writer.take()).batch.map(({ timestamp }) => timestamp));
  }
  expect(times).toEqual(times.map((_, i) => BigInt(now + 5) * 1_000_000n + BigInt(i)));
});

test("with more calls than nanoseconds in a millisecond, timestamps stay within it", () => {
  vi.setSystemTime(now + 6);
  let last = 0n;
  for (let i = 0; i < 1_000_100; i++) {
    last = nowNanoseconds();
  }
  expect(last).toBe(BigInt(now + 7) * 1_000_000n - 1n);
});
