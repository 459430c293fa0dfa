import { expect, test } from "vitest";
import { parseTime } from "./parseTime.js";

const now = new Date(2026, 0, 31, 12).getTime();
const ns = (ms: number) => BigInt(ms) * 1_000_000n;

test.each([
  ["5m", now - 300_000],
  ["1h30m", now - 5_400_000],
  ["90s", now - 90_000],
  ["2d", now - 172_800_000],
  ["250ms", now - 250],
  ["0s", now],
  ["14:30", new Date(2026, 0, 31, 14, 30).getTime()],
  ["2026-01-31T12:00:00Z", Date.UTC(2026, 0, 31, 12)],
  ["2026-01-31T12:00:00.5+01:00", Date.UTC(2026, 0, 31, 11, 0, 0, 500)],
  ["2026-01-31", Date.UTC(2026, 0, 31)],
  ["1769860800", 1_769_860_800_000],
])("%j is a time", (text, ms) => {
  expect(parseTime(text, now)).toBe(ns(ms));
});

test.each([
  "",
  " ",
  "soon",
  "5",
  "5x",
  "m5",
  "-5m",
  "25:00",
  "12:60",
  "2026-13-01",
  "NaN",
  "1e9",
  "9".repeat(100),
])("%j is not a time, unless it is a number of seconds", (text) => {
  expect(parseTime(text, now)).toBe(text === "5" ? ns(5_000) : undefined);
});
