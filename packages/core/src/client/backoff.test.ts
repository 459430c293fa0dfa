import { afterEach, describe, expect, test, vi } from "vitest";
import { Backoff, retrySettings } from "../index.js";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("retrySettings", () => {
  test("fills in the defaults", () => {
    const defaults = { baseDelayMs: 50, maxDelayMs: 5_000, maxAttempts: Number.POSITIVE_INFINITY };
    expect(retrySettings()).toEqual(defaults);
    expect(retrySettings({ maxAttempts: undefined })).toEqual(defaults);
    expect(retrySettings({ baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 0 })).toEqual({
      baseDelayMs: 1,
      maxDelayMs: 2,
      maxAttempts: 0,
    });
  });

  test.each([
    [{ baseDelayMs: 0 }, "retry.baseDelayMs must be a positive number of milliseconds"],
    [{ maxDelayMs: Number.POSITIVE_INFINITY }, "retry.maxDelayMs must be a positive number"],
    [
      { maxAttempts: -1 },
      "retry.maxAttempts must be an integer of at least 0, or Infinity, got -1",
    ],
    [{ maxAttempts: 1.5 }, "retry.maxAttempts must be an integer of at least 0"],
    [{ maxAttempt: 1 }, 'unknown option "retry.maxAttempt"; did you mean "maxAttempts"?'],
    [null, "retry must be an object, got null"],
    [5, "retry must be an object, got 5"],
  ])("rejects %o", (retry, message) => {
    expect(() => retrySettings(retry as object)).toThrow(message);
  });
});

describe("Backoff", () => {
  test.each([
    [0, [25, 50, 100, 200, 250]],
    [0.999_999, [50, 100, 200, 400, 500]],
  ])(
    "doubles up to the maximum delay, with jitter in the upper half (Math.random() is %d)",
    (random, delays) => {
      vi.spyOn(Math, "random").mockReturnValue(random);
      const backoff = new Backoff(retrySettings({ baseDelayMs: 50, maxDelayMs: 500 }));
      expect(delays.map(() => Math.round(backoff.next()))).toEqual(delays);
    },
  );

  test("counts failures from 1 and starts again after reset()", () => {
    const backoff = new Backoff();
    expect(backoff.failures).toBe(0);
    backoff.next();
    backoff.next();
    expect(backoff.failures).toBe(2);
    backoff.reset();
    expect(backoff.failures).toBe(0);
    expect(backoff.next()).toBeLessThanOrEqual(50);
  });

  test.each([0, 1, 3])("allows %d retries in a row", (maxAttempts) => {
    const backoff = new Backoff(retrySettings({ maxAttempts }));
    let retries = 0;
    while (!backoff.exhausted) {
      backoff.next();
      retries++;
    }
    expect(retries).toBe(maxAttempts);
    backoff.reset();
    expect(backoff.exhausted).toBe(maxAttempts === 0);
  });

  test("stays at the maximum delay after thousands of failures", () => {
    const backoff = new Backoff();
    for (let i = 0; i < 5_000; i++) {
      backoff.next();
    }
    const delay = backoff.next();
    expect(delay).toBeGreaterThanOrEqual(2_500);
    expect(delay).toBeLessThanOrEqual(5_000);
    expect(backoff.exhausted).toBe(false);
  });
});
