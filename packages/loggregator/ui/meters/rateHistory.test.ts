import { describe, expect, test } from "vitest";
import { RateHistory } from "./rateHistory.js";
import { sparkline } from "./sparkline.js";

describe("RateHistory", () => {
  test("counts per second, and returns complete seconds only", () => {
    const history = new RateHistory(4, 10_500);
    history.add(1, 10_600);
    history.add(2, 10_999);
    history.add(5, 11_000);
    expect(history.perSecond(11_900)).toEqual([0, 0, 0, 3]);
    expect(history.perSecond(12_000)).toEqual([0, 0, 3, 5]);
  });

  test("has zeros for silent seconds, and drops old ones", () => {
    const history = new RateHistory(3, 0);
    history.add(7, 0);
    expect(history.perSecond(2_000)).toEqual([0, 7, 0]);
    expect(history.perSecond(3_000)).toEqual([7, 0, 0]);
    expect(history.perSecond(4_000)).toEqual([0, 0, 0]);
    history.add(9, 1_000_000);
    expect(history.perSecond(1_001_000)).toEqual([0, 0, 9]);
  });
});

describe("sparkline", () => {
  test("draws from left to right, the largest value at the top", () => {
    expect(sparkline([0, 5, 10], 100, 20)).toBe("M0.0 20.0L50.0 10.0L100.0 0.0");
  });

  test("draws nothing but zeros at the bottom", () => {
    expect(sparkline([0, 0], 100, 20)).toBe("M0.0 20.0L100.0 20.0");
  });
});
