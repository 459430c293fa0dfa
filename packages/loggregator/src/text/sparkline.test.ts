import { expect, test } from "vitest";
import { sparkline } from "./sparkline.js";

test.each([
  [[], 4, "    "],
  [[0, 0], 4, "  ▁▁"],
  [[1, 2, 4, 8], 4, "▁▂▄█"],
  [[9, 1, 8], 2, "▁█"],
  [[0.001, 1000], 2, "▁█"],
])("%j in %i columns", (values, width, expected) => {
  expect(sparkline(values, width)).toBe(expected);
});
