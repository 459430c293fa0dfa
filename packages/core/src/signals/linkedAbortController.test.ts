import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { collectGarbage } from "../../testing/collectGarbage.js";
import { linkedAbortController, linkedTimeout } from "../index.js";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("linkedAbortController", () => {
  test("aborts with the reason of the first signal that does", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const linked = linkedAbortController(one.signal, undefined, two.signal);
    expect(linked.signal.aborted).toBe(false);
    two.abort("second");
    one.abort("first");
    expect(linked.signal.reason).toBe("second");
    expect([one, two].map(({ signal }) => listeners(signal))).toEqual([0, 0]);
  });

  test("stops following the others when it is aborted", () => {
    const other = new AbortController();
    const linked = linkedAbortController(other.signal);
    linked.abort(new Error("enough"));
    expect(listeners(other.signal)).toBe(0);
    expect(linked.signal.reason).toEqual(new Error("enough"));
    linked.abort("again");
    expect(linked.signal.reason).toEqual(new Error("enough"));
    expect(other.signal.aborted).toBe(false);
  });

  test("has an AbortError as the default reason", () => {
    const linked = linkedAbortController();
    linked.abort();
    expect(linked.signal.reason).toMatchObject({ name: "AbortError" });
  });

  test("is aborted from the start if one of the signals is, and follows none", () => {
    const before = new AbortController();
    const after = new AbortController();
    const linked = linkedAbortController(before.signal, AbortSignal.abort("over"), after.signal);
    expect(linked.signal.reason).toBe("over");
    expect([before, after].map(({ signal }) => listeners(signal))).toEqual([0, 0]);
  });

  test("aborts once if it is linked to one signal twice", () => {
    const other = new AbortController();
    const linked = linkedAbortController(other.signal, other.signal);
    const abort = vi.fn();
    linked.signal.addEventListener("abort", abort);
    other.abort();
    expect(abort).toHaveBeenCalledTimes(1);
    expect(listeners(other.signal)).toBe(0);
  });

  test("aborts through a chain of links after a garbage collection", async () => {
    const source = new AbortController();
    const abort = vi.fn();
    const link = () => {
      const inner = linkedAbortController(linkedAbortController(source.signal).signal);
      inner.signal.addEventListener("abort", () => abort());
    };
    link();
    await collectGarbage();
    await collectGarbage();
    source.abort();
    expect(abort).toHaveBeenCalledTimes(1);
  });
});

describe("linkedTimeout", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("aborts with the reason after the timeout", async () => {
    const other = new AbortController();
    const reason = vi.fn(() => new Error("took too long"));
    const linked = linkedTimeout(1_000, reason, other.signal);
    await vi.advanceTimersByTimeAsync(999);
    expect(linked.signal.aborted).toBe(false);
    expect(reason).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10);
    expect(linked.signal.reason).toEqual(new Error("took too long"));
    expect(reason).toHaveBeenCalledTimes(1);
    expect(listeners(other.signal)).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer after abort(), or when a signal aborts", () => {
    const other = new AbortController();
    linkedTimeout(1_000, () => "late").abort();
    expect(vi.getTimerCount()).toBe(0);
    const linked = linkedTimeout(1_000, () => "late", other.signal);
    other.abort("stopped");
    expect(linked.signal.reason).toBe("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("sets no timer for Infinity or if a signal has aborted", () => {
    linkedTimeout(Number.POSITIVE_INFINITY, () => "late");
    linkedTimeout(1_000, () => "late", AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });

  test("aborts after a garbage collection", async () => {
    vi.useRealTimers();
    const aborted = new Promise((resolve) => {
      linkedTimeout(20, () => "late").signal.addEventListener("abort", resolve);
    });
    await collectGarbage();
    await collectGarbage();
    await aborted;
  });
});
