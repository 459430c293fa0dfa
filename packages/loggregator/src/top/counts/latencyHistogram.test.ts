import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyHistogram } from "./latencyHistogram.js";

test("percentiles are at least the exact ones, and at most 10 % higher", () => {
  const duration = fc.double({ min: 0.011, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1 }), (durations) => {
      const histogram = new LatencyHistogram();
      for (const ms of durations) {
        histogram.add(ms);
      }
      const sorted = durations.toSorted((a, b) => a - b);
      const percents = [50, 95, 99, 100] as const;
      const found = histogram.percentiles(percents) ?? [];
      percents.forEach((percent, index) => {
        const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number;
        expect(found[index]).toBeGreaterThanOrEqual(exact * 0.999_999);
        expect(found[index]).toBeLessThanOrEqual(exact * 1.1001);
      });
    }),
  );
});

test("keeps two intervals", () => {
  const histogram = new LatencyHistogram();
  expect(histogram.percentiles([50])).toBeUndefined();
  histogram.add(5_000);
  histogram.rotate();
  histogram.add(1);
  expect(histogram.percentiles([100])).toEqual([5_000]);
  histogram.rotate();
  expect(histogram.percentiles([100])).toEqual([1]);
  histogram.rotate();
  expect(histogram.percentiles([100])).toBeUndefined();
});

test("takes any duration", () => {
  const histogram = new LatencyHistogram();
  for (const ms of [0, -5, 1e12, Number.MIN_VALUE]) {
    histogram.add(ms);
  }
  expect(histogram.percentiles([1, 100])).toHaveLength(2);
});
