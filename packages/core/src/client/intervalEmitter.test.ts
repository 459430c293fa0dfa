import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IntervalEmitter, type IntervalStatus } from "../index.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function start(
  call: () => unknown,
  signal?: AbortSignal,
  onRetryableError?: (error: Error, attempt: number, delayMs: number) => unknown,
) {
  const ended = vi.fn();
  const interval: IntervalEmitter = new IntervalEmitter({
    name: "test emitter",
    intervalMs: 100,
    onRetryableError,
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

test("calls onRetryableError once per failing interval, except for the last one", async () => {
  const fails = [true, true, false, true, true];
  const call = () => (fails.shift() ? Promise.reject(new Error("broken")) : undefined);
  const attempts: unknown[][] = [];
  const { interval } = start(call, undefined, ({ message }, ...rest) => {
    attempts.push([message, ...rest]);
    return Promise.reject(new Error("a callback that rejects does no harm"));
  });
  await vi.advanceTimersByTimeAsync(400);
  const message = "the value was not emitted: Error: broken";
  const expected = [1, 2, 1].map((attempt) => [message, attempt, 100]);
  expect(attempts).toEqual(expected);
  interval.beginLast();
  interval.run();
  await vi.advanceTimersByTimeAsync(0);
  interval.end();
  expect(attempts).toEqual(expected);
  expect(interval.stats).toEqual({ emitted: 1, failed: 4 });
  expect(() => start(call, undefined, 5 as never)).toThrow("onRetryableError must be a function");
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
