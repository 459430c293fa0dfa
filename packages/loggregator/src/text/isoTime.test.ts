import { expect, test } from "vitest";
import { isoTime } from "./isoTime.js";

test.each([
  [0n, "1970-01-01T00:00:00.000000000Z"],
  [1_769_860_800_123_456_789n, "2026-01-31T12:00:00.123456789Z"],
  [-1n, "1969-12-31T23:59:59.999999999Z"],
  [2n ** 63n - 1n, "2262-04-11T23:47:16.854775807Z"],
  [-(2n ** 63n), "1677-09-21T00:12:43.145224192Z"],
])("formats %s", (timestamp, text) => {
  expect(isoTime(timestamp)).toBe(text);
});
