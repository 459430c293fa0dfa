import { expect, test } from "vitest";
import { stopDrains } from "../index.js";

test("stopDrains returns whether to drain, by default false, and rejects other options", () => {
  expect(stopDrains({ drain: true })).toBe(true);
  expect(stopDrains({})).toBe(false);
  expect(() => stopDrains(null as never)).toThrow("options must be an object, got null");
  expect(() => stopDrains({ drain: 1 as never })).toThrow("drain must be true or false, got 1");
  expect(() => stopDrains({ drian: true } as never)).toThrow('did you mean "drain"?');
});
