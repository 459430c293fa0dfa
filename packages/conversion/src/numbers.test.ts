import { describe, expect, test } from "vitest";
import { decimalText, parseInt64, parseLowInt32, toInt32 } from "./numbers.js";

// The expected values are the observed results of the Go reference.

test.each([
  [0, "0.000000"],
  [-0, "-0.000000"],
  [0.1, "0.100000"],
  [-0.0000001, "-0.000000"],
  [5e-7, "0.000000"],
  [1.0000005, "1.000001"],
  [1 / 128, "0.007812"],
  [3 / 128, "0.023438"],
  [-1 / 128, "-0.007812"],
  [1234567 + 1 / 128, "1234567.007812"],
  [2 ** 52 + 0.5, "4503599627370496.000000"],
  [1e21, "1000000000000000000000.000000"],
  [1e22, "10000000000000000000000.000000"],
  [-1e22, "-10000000000000000000000.000000"],
  [5e-324, "0.000000"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("the decimal %d is written as %s", (value, expected) => {
  expect(decimalText(value)).toBe(expected);
});

test.each([
  ["0", 0n],
  ["-5", -5n],
  ["+7", 7n],
  ["007", 7n],
  ["00000000000000000000000007", 7n],
  ["9223372036854775807", 2n ** 63n - 1n],
  ["9223372036854775808", 0n],
  ["-9223372036854775808", -(2n ** 63n)],
  ["-9223372036854775809", 0n],
  ["99999999999999999999999", 0n],
  ["", 0n],
  ["-", 0n],
  ["+-5", 0n],
  [" 5", 0n],
  ["5\n", 0n],
  ["1e3", 0n],
  ["0x10", 0n],
  ["1_000", 0n],
  ["٣", 0n],
])("the text %j is the int64 %d", (text, expected) => {
  expect(parseInt64(text)).toBe(expected);
});

describe("parseLowInt32", () => {
  test.each([
    ["404", 404],
    ["-1", -1],
    ["4294967301", 5],
    ["2147483648", -2147483648],
    ["OK", 0],
  ])("returns the low 32 bits of %j: %d", (text, expected) => {
    expect(parseLowInt32(text)).toBe(expected);
  });
});

describe("toInt32", () => {
  test.each([
    [48.9, 48],
    [-0.5, 0],
    [-1.5, -1],
    [2147483647, 2147483647],
    [2147483648, -2147483648],
    [1e300, -2147483648],
    [Number.NaN, -2147483648],
  ])("converts %d to the int32 %d", (value, expected) => {
    expect(toInt32(value)).toBe(expected);
  });
});
