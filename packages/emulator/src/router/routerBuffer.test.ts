import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RouterBuffer } from "./routerBuffer.js";

let now = 0;
let transferred: number[];
let drops: number[];
let buffer: RouterBuffer<number>;

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  transferred = [];
  drops = [];
  buffer = new RouterBuffer<number>(
    (n) => transferred.push(n),
    (count) => drops.push(count),
    () => now,
  );
});

afterEach(() => {
  buffer.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Advances the clock and the timers. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1) {
    now += 1;
    vi.advanceTimersByTime(1);
  }
}

function push(from: number, to: number): void {
  for (let n = from; n < to; n += 1) {
    buffer.push(n);
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("1,000 at once arrive completely and in order", () => {
  push(0, 1000);
  pass(100);
  expect(transferred).toEqual(numbers(0, 1000));
  expect(drops).toEqual([]);
});

test.each([2500, 5000, 10_000])("of %d at once, 1,000 are dropped at a time", (count) => {
  push(0, count);
  pass(1000);
  const dropped = drops.reduce((sum, n) => sum + n, 0);
  expect(transferred.length + dropped).toBe(count);
  expect(dropped).toBeGreaterThan(0);
  expect(dropped % 1000).toBe(0);
  expect(transferred.at(-1)).toBe(count - 1);
  expect(transferred).toEqual([...transferred].sort((a, b) => a - b));
});

test("20,000 a second arrive completely", () => {
  for (let ms = 0; ms < 10_000; ms += 10) {
    push(ms * 20, (ms + 10) * 20);
    pass(10);
  }
  pass(100);
  expect(transferred).toHaveLength(200_000);
  expect(drops).toEqual([]);
});

test("30,000 a second do not", () => {
  for (let ms = 0; ms < 2000; ms += 10) {
    push(ms * 30, (ms + 10) * 30);
    pass(10);
  }
  expect(drops.length).toBeGreaterThan(1);
});

test("late timers on a busy machine lose nothing", () => {
  for (let ms = 0; ms < 1000; ms += 10) {
    push(ms * 20, (ms + 10) * 20);
    now += 10;
  }
  pass(100);
  expect(transferred).toHaveLength(20_000);
  expect(drops).toEqual([]);
});

test("values that arrive at one time overflow it, however long a busy machine takes", () => {
  for (let n = 0; n < 10_000; n += 1) {
    now += 1;
    buffer.push(n, 0);
  }
  pass(100);
  expect(drops).toEqual([8_000]);
  expect(transferred).toHaveLength(2_000);
});
