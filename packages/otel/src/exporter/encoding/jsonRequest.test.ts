import { expect, test } from "vitest";
import { jsonRequest } from "./jsonRequest.js";

test("numbers that JSON does not have are strings", () => {
  const values = [-0, Number.NaN, Number.NEGATIVE_INFINITY, 0, 2n ** 64n - 1n];
  const points = values.map((value) => ({ value: { $case: "asDouble", value } }));
  expect(jsonRequest({ points })).toBe(
    '{"points":[{"asDouble":"-0"},{"asDouble":"NaN"},{"asDouble":"-Infinity"},{"asDouble":0},{"asDouble":"18446744073709551615"}]}',
  );
});
