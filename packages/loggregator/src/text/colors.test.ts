import { expect, test } from "vitest";
import { stripColors } from "./colors.js";

test("removes colours, and nothing else", () => {
  expect(stripColors("\x1b[1;31mred\x1b[0m \x1b[38:5:1mx\x1b[m")).toBe("red x");
  expect(stripColors("\x1b[2J\x1b]0;x\x07 [31m")).toBe("\x1b[2J\x1b]0;x\x07 [31m");
});
