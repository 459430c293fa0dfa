import { expect, test } from "vitest";
import { flushSignal } from "../index.js";

test("flushSignal returns the signal, and rejects other options", () => {
  const { signal } = new AbortController();
  expect(flushSignal({ signal })).toBe(signal);
  expect(flushSignal({})).toBeUndefined();
  expect(() => flushSignal(null as never)).toThrow("options must be an object, got null");
  expect(() => flushSignal({ signal: 1 as never })).toThrow("signal must be an AbortSignal, got 1");
  expect(() => flushSignal({ timeoutMs: 1 } as never)).toThrow('unknown option "timeoutMs"');
});
