import { expect, test } from "vitest";
import { amount, duration } from "./formatNumbers.js";

test.each([
  [34.1987, "percentage", "34.2 %"],
  [100, "percent", "100 %"],
  [0.004_567, "%", "0.00457 %"],
  [119_537_664, "bytes", "114 MiB"],
  [1023, "bytes", "1023 B"],
  [1023.9, "bytes", "1 KiB"],
  [1024, "bytes", "1 KiB"],
  [1_048_575, "bytes", "1 MiB"],
  [32_768, "MiB", "32 GiB"],
  [0.5, "GiB", "512 MiB"],
  [-1536, "bytes", "-1.5 KiB"],
  [16_384, "B/s", "16 KiB/s"],
  [1e300, "bytes", /^8\.88\S+ PiB$/],
  [2_500_000, "ns", "2.5 ms"],
  [366.4, "ms", "366 ms"],
  [90_000, "ms", "1m 30s"],
  [0, "seconds", "0 ns"],
  [1e-12, "s", "1e-12 s"],
  [1_769_860_800, "s", "1,769,860,800 s"],
  [1_234_567, "requests", "1,234,567 requests"],
  [1e-9, "", "1e-9"],
  [0, "", "0"],
  [Number.NaN, "bytes", "NaN bytes"],
  [Number.POSITIVE_INFINITY, "ns", "Infinity ns"],
])("%d %s reads %s", (value, unit, text) => {
  expect(amount(value, unit)).toMatch(text instanceof RegExp ? text : new RegExp(`^${text}$`));
});

test.each([
  [0n, "0 ns"],
  [999n, "999 ns"],
  [1_500n, "1.5 µs"],
  [366_123_456n, "366 ms"],
  [1_004_000_000n, "1004 ms"],
  [-23_500_000n, "-23.5 ms"],
  [12_345_000_000n, "12.3 s"],
  [999_600n, "1 ms"],
  [9_999_900_000n, "10 s"],
  [59_960_000_000n, "1m"],
  [60_000_000_000n, "1m"],
  [-62_000_000_000n, "-1m 2s"],
  [3_599_700_000_000n, "1h"],
  [3_723_000_000_000n, "1h 2m"],
  [86_369_000_000_000n, "23h 59m"],
  [86_399_000_000_000n, "1d"],
  [1_000_000_000_000_000n, "11d 14h"],
])("%d ns reads %s", (nanoseconds, text) => {
  expect(duration(nanoseconds)).toBe(text);
});
