import { expect, test } from "vitest";
import { decimalText, shortestText } from "./decimalText.js";

// Expectations are the output of Go's `strconv.FormatFloat`.
test.each([
  [0, "0", "0"],
  [-0, "-0", "-0"],
  [1.5, "1.5", "1.5"],
  [0.0001, "0.0001", "0.0001"],
  [0.00001, "0.00001", "1e-05"],
  [123_456.7, "123456.7", "123456.7"],
  [1_000_000, "1000000", "1e+06"],
  [1_234_567.5, "1234567.5", "1.2345675e+06"],
  [-1e100, `-1${"0".repeat(100)}`, "-1e+100"],
  [Number.NaN, "NaN", "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf", "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf", "-Inf"],
])("%d is %s, and %s in the shortest form", (value, decimal, shortest) => {
  expect([decimalText(value), shortestText(value)]).toEqual([decimal, shortest]);
});
