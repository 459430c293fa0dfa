import { expect, test } from "vitest";
import { retryAfterMs } from "./retryAfterMs.js";

const now = Date.parse("Wed, 25 Nov 2026 12:00:00 GMT");

test.each<[string | null, number | undefined]>([
  [null, undefined],
  ["", undefined],
  ["0", 0],
  ["7", 7_000],
  [" 7 ", 7_000],
  ["Wed, 25 Nov 2026 12:00:30 GMT", 30_000],
  ["Wed, 25 Nov 2026 11:00:00 GMT", 0],
  ["Wednesday, 25-Nov-26 12:00:30 GMT", 30_000],
  ["-5", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["2027", 2_027_000],
  ["9".repeat(400), undefined],
  ["Nov 25 2026", undefined],
])("Retry-After %j is %s ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
