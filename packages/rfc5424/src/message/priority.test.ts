import { expect, test } from "vitest";
import { Facility, Severity } from "../index.js";

test("facilities and severities are those of RFC 5424, section 6.2.1", () => {
  expect(Object.values(Facility)).toEqual(Array.from({ length: 24 }, (_, code) => code * 8));
  expect(Object.values(Severity)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("a facility and a severity combine to a priority", () => {
  expect(Facility.User | Severity.Info).toBe(14);
  // The two examples of the RFC.
  expect(Facility.Kern | Severity.Emergency).toBe(0);
  expect(Facility.Local4 | Severity.Notice).toBe(165);
});
