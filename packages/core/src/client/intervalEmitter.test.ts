import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IntervalEmitter, type IntervalStatus } from "../index.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function start(call: () => unknown, signal?: AbortSignal) {
  const ended = vi.fn();
  const interval: IntervalEmitter = new IntervalEmitter({
    name: "test emitter",
    intervalMs: 100,
    signal,
    logger: null,
    start: () => ({ emit: () => interval.emit("the value", call), end: ended }),
  });
  return { interval, ended };
}

test("reports each status change once, and counts emits and failures", async () => {
  const fails = [false, true, true, false, false];
  const emitted = vi.fn(() => {
    if (fails.shift()) {
      throw new Error("broken");
    }
  });
  const { interval, ended } = start(emitted);
  const statuses: IntervalStatus[] = [];
  const reading = (async () => {
    for await (const status of interval.status()) {
      statuses.push(status);
    }
  })();
  await vi.advanceTimersByTimeAsync(500);
  interval.end();
  interval.end();
  await reading;
  const error = expect.objectContaining({ message: "the value was not emitted: Error: broken" });
  expect(statuses).toEqual([
    { type: "running" },
    { type: "retrying", error, delayMs: 100 },
    { type: "retrying", error, delayMs: 100 },
    { type: "running" },
    { type: "closed" },
  ]);
  expect(interval.stats).toEqual({ emitted: 3, failed: 2 });
  expect(ended).toHaveBeenCalledOnce();
});

test("counts a promise that rejects as failed", async () => {
  const { interval } = start(() => Promise.reject(new Error("later")));
  await vi.advanceTimersByTimeAsync(100);
  expect(interval.stats).toEqual({ emitted: 0, failed: 1 });
  interval.end();
});

test("does not start if the signal has aborted", async () => {
  const { interval, ended } = start(() => {}, AbortSignal.abort());
  expect(interval.ended).toBe(true);
  interval.run();
  interval.end();
  expect(await interval.status().next()).toEqual({ done: false, value: { type: "closed" } });
  expect(interval.stats).toEqual({ emitted: 0, failed: 0 });
  expect(ended).not.toHaveBeenCalled();
});

test("ends when the signal aborts", () => {
  const stop = new AbortController();
  const { interval, ended } = start(() => {}, stop.signal);
  stop.abort();
  expect(interval.ended).toBe(true);
  expect(ended).toHaveBeenCalledOnce();
});
