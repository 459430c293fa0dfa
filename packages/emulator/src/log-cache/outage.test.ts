import { expect, test } from "vitest";
import { nextAttemptMs } from "./outage.js";

test.for([
  // Attempts 0, 1, 2.6, 5.16 and 9.256 s after the connection was lost.
  [0, 0],
  [400, 600],
  [1_000, 0],
  [1_001, 1_599],
  [6_000, 3_256],
] as const)("after an outage of %i ms, a gateway connects %i ms later", ([outageMs, lagMs]) => {
  expect(nextAttemptMs(1_000, outageMs)).toBeCloseTo(lagMs);
});

test("delays do not grow beyond two minutes", () => {
  const day = 24 * 3_600_000;
  for (let outageMs = day; outageMs < day + 300_000; outageMs += 1_000) {
    expect(nextAttemptMs(1_000, outageMs)).toBeLessThanOrEqual(120_000);
  }
});

test("without a delay, a gateway connects at once", () => {
  expect(nextAttemptMs(0, 5_000)).toBe(0);
});
