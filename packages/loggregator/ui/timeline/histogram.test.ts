import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { histogramOf } from "./histogram.js";

function histogram(
  times: readonly number[],
  bounds: { readonly from?: number; readonly to?: number } = {},
  maxBins = 10,
) {
  const timeOf = (index: number) => times[index] ?? 0;
  return histogramOf(times.length, timeOf, (index) => timeOf(index) % 2 === 1, bounds, maxBins);
}

describe("histogramOf", () => {
  test("counts each time once, and errors separately", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1e12, max: 1e12 + 5_000 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 2, max: 200 }),
        (times, maxBins) => {
          const found = histogram(times, { from: 1e12, to: 1e12 + 5_001 }, maxBins);
          const sum = (counts: readonly number[] = []) => counts.reduce((a, b) => a + b, 0);
          expect(found?.counts.length).toBeLessThanOrEqual(maxBins + 1);
          expect(sum(found?.counts)).toBe(times.length);
          expect(sum(found?.errors)).toBe(times.filter((time) => time % 2 === 1).length);
        },
      ),
    );
  });

  test("has bins of a round length, aligned to multiples of it", () => {
    const times = Array.from({ length: 100 }, (_, index) => 1_000_000_123 + index * 100);
    expect(histogram(times)).toMatchObject({
      binMs: 2_000,
      from: 1_000_000_000,
      to: 1_000_012_000,
    });
  });

  test("omits times that are far from the others", () => {
    const times = Array.from({ length: 100 }, (_, index) => 1e12 + index * 100);
    const found = histogram([5, ...times, 9e15]);
    expect(found?.from).toBeGreaterThan(9.9e11);
    expect(found?.to).toBeLessThan(1e12 + 30_000);
  });

  test("is undefined without times, and has a bin for one", () => {
    expect(histogram([])).toBeUndefined();
    expect(histogram([1_000])?.counts).toEqual([1]);
  });
});
