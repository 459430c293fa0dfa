import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { closestName } from "./closestName.js";
import { emitWarning } from "./emitWarning.js";
import { onAbort } from "./onAbort.js";

// Browser bundles contain these modules instead of larger ones; `package.json` selects them.

describe("onAbort in browsers", () => {
  const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

  test("calls callbacks in order, once per registration", () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const same = () => calls.push("same");
    onAbort(controller.signal, same);
    onAbort(controller.signal, () => calls.push("other"));
    onAbort(controller.signal, same);
    controller.abort();
    controller.abort();
    expect(calls).toEqual(["same", "other", "same"]);
    expect(listeners(controller.signal)).toBe(0);
  });

  test("calls the callback immediately if the signal has aborted, and never without a signal", () => {
    const callback = vi.fn();
    onAbort(AbortSignal.abort(), callback)();
    expect(callback).toHaveBeenCalledTimes(1);
    onAbort(undefined, callback)();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test("does not call a callback that was removed, even during the abort", () => {
    const controller = new AbortController();
    const removed = vi.fn();
    const removeFirst = onAbort(controller.signal, removed);
    onAbort(controller.signal, () => removeLast());
    const removeLast = onAbort(controller.signal, removed);
    removeFirst();
    expect(listeners(controller.signal)).toBe(2);
    controller.abort();
    expect(removed).not.toHaveBeenCalled();
  });

  test("calls a callback that is registered during the abort", () => {
    const controller = new AbortController();
    const callback = vi.fn();
    onAbort(controller.signal, () => onAbort(controller.signal, callback));
    controller.abort();
    expect(callback).toHaveBeenCalledTimes(1);
  });
});

test("in browsers, warnings are printed with console.warn", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  emitWarning("gateway client: no route");
  expect(warn.mock.calls).toEqual([["gateway client: no route"]]);
  warn.mockRestore();
});

test("in browsers, the error for an unknown option lists the known options", () => {
  expect(closestName()).toBe(undefined);
});
