import { describe, expect, test } from "vitest";
import {
  checkOptionNames,
  type SenderOptions,
  senderOptionNames,
  senderSettings,
} from "../index.js";

describe("senderSettings", () => {
  test("fills in the defaults", () => {
    const defaults = {
      maxQueueSize: 100_000,
      maxQueueBytes: 64 * 1024 * 1024,
      retry: { baseDelayMs: 50, maxDelayMs: 5_000, maxAttempts: Number.POSITIVE_INFINITY },
      closeTimeoutMs: 5_000,
    };
    expect(senderSettings({})).toEqual(defaults);
    const missing = { maxQueueSize: undefined, retry: undefined, closeTimeoutMs: undefined };
    expect(senderSettings(missing)).toEqual(defaults);
    expect(senderSettings({ maxQueueSize: 1, closeTimeoutMs: 2 })).toEqual({
      ...defaults,
      maxQueueSize: 1,
      closeTimeoutMs: 2,
    });
  });

  test.each([
    [{ maxQueueSize: 0 }, "maxQueueSize must be a positive integer, got 0"],
    [{ maxQueueSize: null }, "maxQueueSize must be a positive integer, got null"],
    [{ maxQueueBytes: "1" }, 'maxQueueBytes must be a positive integer, got "1"'],
    [{ closeTimeoutMs: -1 }, "closeTimeoutMs must be a positive number of milliseconds"],
    [{ retry: { maxAttempts: -1 } }, "retry.maxAttempts must be an integer of at least 0"],
    [{ onDropped: 1 }, "onDropped must be a function, got 1"],
    [{ onRetryableError: 1 }, "onRetryableError must be a function, got 1"],
    [{ signal: {} }, "signal must be an AbortSignal, got an object"],
  ])("rejects %o", (options, message) => {
    expect(() => senderSettings(options as SenderOptions)).toThrow(message);
  });
});

test("senderOptionNames extends the known names of a client", () => {
  const known = { ...senderOptionNames, address: true } as const;
  checkOptionNames("options", { maxQueueSize: 1, address: "x" }, known);
  expect(() => checkOptionNames("options", { maxQueuSize: 1 }, known)).toThrow(
    'did you mean "maxQueueSize"?',
  );
});
