import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "./progress.js";

let written: string;

beforeEach(() => {
  written = "";
  vi.useFakeTimers();
  vi.stubGlobal("performance", { now: () => Date.now() });
  Object.defineProperty(process.stderr, "isTTY", { value: true, configurable: true });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  Reflect.deleteProperty(process.stderr, "isTTY");
});

test("shows the number of envelopes after a second, and removes the line at the end", () => {
  const progress = new Progress(() => 1_000, true);
  vi.advanceTimersByTime(900);
  expect(written).toBe("");
  vi.advanceTimersByTime(1_100);
  expect(written).toContain("\r\x1b[K1,000 envelopes, 500 a second");
  progress.end();
  expect(written.endsWith("\r\x1b[K")).toBe(true);
});

test("writes nothing while lines are typed", () => {
  const progress = new Progress(() => 1_000, false);
  vi.advanceTimersByTime(10_000);
  progress.end();
  expect(written).toBe("");
});
