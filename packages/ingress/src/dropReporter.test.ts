import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DropReporter } from "./dropReporter.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const reported: number[] = [];
beforeEach(() => {
  reported.length = 0;
});

test("what one turn drops is reported at once, in one", async () => {
  const dropped = new DropReporter((count) => reported.push(count));
  dropped.add(1);
  dropped.add(2);
  expect(dropped.total).toBe(3);
  await Promise.resolve();
  expect(reported).toEqual([3]);
});

test("while it goes on, it is reported every 100 ms", async () => {
  const dropped = new DropReporter((count) => reported.push(count));
  for (let ms = 0; ms < 250; ms++) {
    dropped.add(1);
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(reported).toEqual([1, 99, 100]);
  await vi.advanceTimersByTimeAsync(100);
  expect(reported).toEqual([1, 99, 100, 50]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reported).toHaveLength(4);
  dropped.add(1);
  await Promise.resolve();
  expect(reported).toEqual([1, 99, 100, 50, 1]);
});

test("at the close all is reported at once, and from then on each turn's", async () => {
  const dropped = new DropReporter((count) => reported.push(count));
  dropped.add(1);
  await Promise.resolve();
  dropped.add(2);
  await Promise.resolve();
  expect(reported).toEqual([1]);
  dropped.close();
  dropped.close();
  await Promise.resolve();
  expect(reported).toEqual([1, 2]);
  dropped.add(3);
  dropped.add(1);
  await Promise.resolve();
  expect(reported).toEqual([1, 2, 4]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what is dropped while telling is reported the next time", async () => {
  const dropped: DropReporter = new DropReporter((count) => {
    reported.push(count);
    dropped.add(1);
  });
  dropped.add(1);
  await vi.advanceTimersByTimeAsync(350);
  expect(reported).toEqual([1, 1, 1, 1]);
  dropped.close();
  await Promise.resolve();
  await Promise.resolve();
  expect(reported).toHaveLength(5);
});
