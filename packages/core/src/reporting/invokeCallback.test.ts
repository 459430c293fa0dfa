import { expect, test, vi } from "vitest";
import { guardedCallback, invokeCallback, silentLogger } from "../index.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));
const fail = () => {
  throw new Error("fails");
};

// An unhandled rejection would fail the test run.
// biome-ignore-start lint/suspicious/noThenProperty: they are thenables on purpose.
const failures: readonly [string, () => unknown][] = [
  ["an exception", fail],
  ["an async function that throws", async () => fail()],
  ["a rejected promise", () => Promise.reject(new Error("fails"))],
  [
    "a promise that rejects later",
    () => new Promise((_, reject) => setImmediate(reject, new Error("fails"))),
  ],
  [
    "a thenable that rejects",
    () => ({ then: (_: unknown, reject: (e: Error) => void) => reject(new Error("fails")) }),
  ],
  ["a thenable that throws", () => ({ then: fail })],
  [
    "a `then` getter that throws",
    () => ({
      get then() {
        return fail();
      },
    }),
  ],
];
// biome-ignore-end lint/suspicious/noThenProperty: see above.

test.each(failures)("passes %s to onError once", async (_, callback) => {
  const onError = vi.fn();
  invokeCallback(callback, onError);
  await settled();
  await settled();
  expect(onError.mock.calls).toEqual([[new Error("fails")]]);
});

test.each([
  ["undefined", undefined],
  ["null", null],
  ["a resolved promise", Promise.resolve()],
  ["an object", {}],
])("ignores a result that is %s", async (_, result) => {
  const onError = vi.fn();
  invokeCallback(() => result, onError);
  await settled();
  expect(onError).not.toHaveBeenCalled();
});

test.each(failures)("guardedCallback logs %s", async (_, callback) => {
  const error = vi.fn();
  const guarded = guardedCallback("onDropped", callback, { ...silentLogger, error });
  expect(guarded()).toBe(undefined);
  await settled();
  await settled();
  expect(error.mock.calls).toEqual([["onDropped failed: Error: fails"]]);
});

test("guardedCallback forwards the arguments, and does nothing without a callback", () => {
  const callback = vi.fn();
  guardedCallback("onDropped", callback, silentLogger)(3, "x");
  expect(callback.mock.calls).toEqual([[3, "x"]]);
  expect(guardedCallback("onDropped", undefined, silentLogger)()).toBe(undefined);
});

test.each([
  ["an object without a prototype", Object.create(null), "an object"],
  ["undefined", undefined, "undefined"],
  ["a symbol", Symbol("s"), "a symbol"],
  ["an object with a secret", { token: "s3cret" }, "an object"],
])("guardedCallback logs a rejection with %s", async (_, reason, text) => {
  const error = vi.fn();
  guardedCallback("onDropped", () => Promise.reject(reason), { ...silentLogger, error })();
  await settled();
  expect(error.mock.calls).toEqual([[`onDropped failed: ${text}`]]);
});
