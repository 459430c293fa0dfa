import { expect, test } from "vitest";
import { containerMetric, instanceIndex } from "./containerMetric.js";

test.each([
  [0.9, 0n],
  [-0.9, 0n],
  [-1.5, 2n ** 64n - 1n],
  [2 ** 53, 2n ** 53n],
  [2 ** 63, 2n ** 63n],
  [1.8e19, 18_000_000_000_000_000_000n],
  [2 ** 64, 2n ** 63n],
  [-(2 ** 63), 2n ** 63n],
  [-1e300, 2n ** 63n],
  [Number.NaN, 2n ** 63n],
  [Number.POSITIVE_INFINITY, 2n ** 63n],
])("%d bytes of memory are written as %d", (memory, expected) => {
  const values = { cpu: 0, memory, disk: 0, memoryQuota: 0, diskQuota: 0 };
  expect(containerMetric("app", 0, values).memoryBytes).toBe(expected);
});

test.each([
  ["0", 0],
  ["+7", 7],
  ["-0", 0],
  ["007", 7],
  ["-2147483648", -2147483648],
  ["2147483648", undefined],
  ["99999999999999999999999", undefined],
  ["", undefined],
  [" 1", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["٣", undefined],
])("the instance id %j is the index %s", (instanceId, expected) => {
  expect(instanceIndex(instanceId)).toBe(expected);
});
