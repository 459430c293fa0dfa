import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "./backoff.js";

test("delays double from the base to the maximum, each drawn from its upper half", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      (retryBaseDelayMs, retryMaxDelayMs) => {
        const backoff = new Backoff({ retryBaseDelayMs, retryMaxDelayMs });
        for (let failures = 0; failures < 1_100; failures++) {
          const { failures: counted } = backoff;
          const delay = backoff.next();
          const whole = Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** failures);
          if (counted !== failures || delay < whole / 2 || delay > whole) return false;
        }
        return true;
      },
    ),
  );
});

test("after a success the next failure is a first one", () => {
  const backoff = new Backoff({ retryBaseDelayMs: 10, retryMaxDelayMs: 1_000 });
  for (let i = 0; i < 10; i++) backoff.next();
  backoff.reset();
  expect(backoff.failures).toBe(0);
  expect(backoff.next()).toBeLessThanOrEqual(10);
});

test("the defaults are 50 ms and 5 s", () => {
  expect(new Backoff().delays).toEqual({ retryBaseDelayMs: 50, retryMaxDelayMs: 5_000 });
});

test.for(["retryBaseDelayMs", "retryMaxDelayMs"])("%s must be a duration", (name) => {
  for (const value of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
    expect(() => new Backoff({ [name]: value })).toThrow(RangeError);
    expect(() => new Backoff({ [name]: value })).toThrow(new RegExp(`^${name}: .* got ${value}$`));
  }
  expect(() => new Backoff({ [name]: "50" as never })).toThrow(TypeError);
});
