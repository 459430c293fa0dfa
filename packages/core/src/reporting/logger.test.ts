import { describe, expect, test, vi } from "vitest";
import { type Logger, safeLogger, silentLogger } from "../index.js";

const levels = ["debug", "info", "warn", "error"] as const;

test.each(levels)("forwards %s with the logger as `this`", (level) => {
  const calls: unknown[] = [];
  const logger = {
    ...silentLogger,
    [level](this: unknown, message: string) {
      calls.push([this === logger, message]);
    },
  };
  const safe = safeLogger(logger);
  safe[level]("message");
  expect(calls).toEqual([[true, "message"]]);
});

test("calls a method that was replaced later", () => {
  const logger = { ...silentLogger };
  const safe = safeLogger(logger);
  const warn = vi.fn();
  logger.warn = warn;
  safe.warn("message");
  expect(warn).toHaveBeenCalledWith("message");
});

test.each(levels)("ignores failures of a logger whose %s throws or rejects", async (level) => {
  const throwing = safeLogger({
    ...silentLogger,
    [level]() {
      throw new Error("disk full");
    },
  });
  const rejecting = safeLogger({
    ...silentLogger,
    [level]: async () => Promise.reject("disk full"),
  });
  expect(() => throwing[level]("message")).not.toThrow();
  expect(() => rejecting[level]("message")).not.toThrow();
  // An unhandled rejection would fail the test run.
  await new Promise((resolve) => setImmediate(resolve));
});

test.each([undefined, null])("is silent for %s", (logger) => {
  const safe = safeLogger(logger);
  for (const level of levels) {
    expect(() => safe[level]("message")).not.toThrow();
  }
  expect(safe).toBe(silentLogger);
});

test("accepts console", () => {
  expect(() => safeLogger(console)).not.toThrow();
});

describe("rejects other values", () => {
  const expected = "logger must be null or an object with debug, info, warn and error";
  test.each([
    [{}, "an object without debug"],
    [{ ...silentLogger, error: undefined }, "an object without error"],
    [{ ...silentLogger, warn: "loud" }, "an object without warn"],
    [true, "true without debug"],
    ["console", '"console" without debug'],
    [console.log, "a function without debug"],
  ])("%o", (logger, text) => {
    expect(() => safeLogger(logger as unknown as Logger)).toThrow(`${expected}, got ${text}`);
  });
});
