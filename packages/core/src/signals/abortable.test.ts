import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { abortable, delay } from "../index.js";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

afterEach(() => {
  vi.useRealTimers();
});

describe("abortable", () => {
  test("resolves and rejects as the promise does, and leaves no listener", async () => {
    const { signal } = new AbortController();
    expect(await abortable(signal, Promise.resolve(5))).toBe(5);
    await expect(abortable(signal, Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(listeners(signal)).toBe(0);
  });

  test("rejects with the signal's reason if that aborts first", async () => {
    const controller = new AbortController();
    const result = abortable(controller.signal, new Promise(() => {}));
    controller.abort(new Error("stop"));
    await expect(result).rejects.toThrow("stop");
  });

  test("rejects if the signal has aborted, and handles the promise's own rejection", async () => {
    const late = Promise.reject(new Error("unheard"));
    await expect(abortable(AbortSignal.abort("over"), late)).rejects.toBe("over");
    // An unhandled rejection would fail the test run.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("accepts a thenable that settles immediately", async () => {
    const { signal } = new AbortController();
    // biome-ignore lint/suspicious/noThenProperty: it is a thenable on purpose.
    const thenable = { then: (resolve: (value: number) => void) => resolve(3) };
    expect(await abortable(signal, thenable as PromiseLike<number>)).toBe(3);
    expect(listeners(signal)).toBe(0);
  });
});

describe("delay", () => {
  test("resolves after the time and leaves no listener", async () => {
    vi.useFakeTimers();
    const { signal } = new AbortController();
    const settled = vi.fn();
    const result = delay(signal, 1_000).then(settled);
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await result;
    expect(listeners(signal)).toBe(0);
  });

  test("rejects with the signal's reason and leaves no timer", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const result = delay(controller.signal, 1_000);
    controller.abort("stop");
    await expect(result).rejects.toBe("stop");
    await expect(delay(controller.signal, 1_000)).rejects.toBe("stop");
    expect(vi.getTimerCount()).toBe(0);
  });
});
