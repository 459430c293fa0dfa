import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { collectGarbage, isCollected } from "../../testing/collectGarbage.js";
import { onAbort } from "../index.js";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("calls the callback once when the signal aborts", () => {
  const controller = new AbortController();
  const callback = vi.fn();
  onAbort(controller.signal, callback);
  expect(callback).not.toHaveBeenCalled();
  controller.abort();
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1);
  expect(listeners(controller.signal)).toBe(0);
});

test("calls the callback immediately if the signal has aborted", () => {
  const callback = vi.fn();
  const remove = onAbort(AbortSignal.abort(), callback);
  expect(callback).toHaveBeenCalledTimes(1);
  remove();
  expect(callback).toHaveBeenCalledTimes(1);
});

test("does nothing without a signal", () => {
  const callback = vi.fn();
  onAbort(undefined, callback)();
  expect(callback).not.toHaveBeenCalled();
});

test("calls callbacks in order of registration, once per registration", () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const same = () => calls.push("same");
  onAbort(controller.signal, same);
  onAbort(controller.signal, () => calls.push("other"));
  const remove = onAbort(controller.signal, same);
  onAbort(controller.signal, same);
  remove();
  controller.abort();
  expect(calls).toEqual(["same", "other", "same"]);
});

test("leaves no listener once all callbacks are removed, and accepts new ones", () => {
  const controller = new AbortController();
  const callback = vi.fn();
  const first = onAbort(controller.signal, callback);
  const second = onAbort(controller.signal, callback);
  expect(listeners(controller.signal)).toBe(1);
  first();
  first();
  expect(listeners(controller.signal)).toBe(1);
  second();
  expect(listeners(controller.signal)).toBe(0);
  const third = onAbort(controller.signal, callback);
  // Old functions must not touch the new registration.
  first();
  second();
  expect(listeners(controller.signal)).toBe(1);
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1);
  third();
});

test("a hundred users of one signal share a listener and cause no warning", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on("warning", listen);
  const controller = new AbortController();
  const callback = vi.fn();
  for (let i = 0; i < 100; i++) {
    onAbort(controller.signal, callback);
  }
  expect(listeners(controller.signal)).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(warnings).toEqual([]);
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(100);
});

describe("during the abort", () => {
  test("a callback that is registered is called, once", () => {
    const controller = new AbortController();
    const calls: string[] = [];
    onAbort(controller.signal, () => {
      onAbort(controller.signal, () => calls.push("inner"));
      calls.push("outer");
    });
    onAbort(controller.signal, () => calls.push("last"));
    controller.abort();
    expect(calls).toEqual(["inner", "outer", "last"]);
    expect(listeners(controller.signal)).toBe(0);
  });

  test("a callback that is removed is not called", () => {
    const controller = new AbortController();
    const removed = vi.fn();
    const called = vi.fn();
    const remove: (() => void)[] = [];
    onAbort(controller.signal, () => {
      for (const each of remove) {
        each();
      }
    });
    remove.push(onAbort(controller.signal, removed));
    onAbort(controller.signal, called);
    remove.push(onAbort(controller.signal, removed));
    controller.abort();
    expect(removed).not.toHaveBeenCalled();
    expect(called).toHaveBeenCalledTimes(1);
    expect(listeners(controller.signal)).toBe(0);
  });

  test("a callback can remove itself and all others", () => {
    const controller = new AbortController();
    const remove: (() => void)[] = [];
    const calls: number[] = [];
    for (const index of [0, 1, 2]) {
      remove.push(
        onAbort(controller.signal, () => {
          calls.push(index);
          for (const each of remove) {
            each();
          }
        }),
      );
    }
    controller.abort();
    expect(calls).toEqual([0]);
  });

  test("a callback that throws does not prevent others from being called, and its error becomes an uncaught exception", async () => {
    const controller = new AbortController();
    const called = vi.fn();
    const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    onAbort(controller.signal, () => {
      throw new Error("first");
    });
    onAbort(controller.signal, called);
    controller.abort();
    const [rethrow] = uncaught.mock.lastCall ?? [];
    uncaught.mockRestore();
    expect(called).toHaveBeenCalledTimes(1);
    expect(rethrow).toThrow("first");
  });
});

describe("garbage collection", () => {
  test("a removed callback is collected while the signal lives", async () => {
    const { signal } = new AbortController();
    const keep = onAbort(signal, () => {});
    const register = () => {
      const held = { data: new Uint8Array(1_000) };
      onAbort(signal, () => held.data.fill(1))();
      return new WeakRef(held);
    };
    expect(await isCollected(register())).toBe(true);
    keep();
    expect(signal.aborted).toBe(false);
  });

  test("a signal is collected even if a callback is registered on it", async () => {
    const register = () => {
      const { signal } = new AbortController();
      onAbort(signal, () => signal.throwIfAborted());
      return new WeakRef(signal);
    };
    expect(await isCollected(register())).toBe(true);
  });

  test("a callback is called even if only its signal's controller is referenced", async () => {
    const controller = new AbortController();
    const callback = vi.fn();
    const register = () => {
      onAbort(controller.signal, () => callback());
    };
    register();
    await collectGarbage();
    await collectGarbage();
    controller.abort();
    expect(callback).toHaveBeenCalledTimes(1);
  });
});
