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

test("reports the drops of one turn together, without delay", async () => {
  const dropped = new DropReporter((count) => reported.push(count));
  dropped.add(1);
  dropped.add(2);
  expect(dropped.total).toBe(3);
  await Promise.resolve();
  expect(reported).toEqual([3]);
});

test("reports continuing drops every 100 ms", async () => {
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

test("reports everything when closed, and then the drops of each turn", async () => {
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

test("reports drops caused by a report 100 ms later", async () => {
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
