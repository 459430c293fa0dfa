import { expect, test } from "vitest";
import { keysOf } from "./keysOf.js";

test.each([
  ["qj", ["q", "j"]],
  ["\x1b[A\x1bOB\x1b[5~", ["up", "down", "page up"]],
  ["\x1b", ["escape"]],
  ["\x1b[1;5Cx", ["x"]],
  ["é🎉\r\x7f\x03", ["é", "🎉", "enter", "backspace", "ctrl-c"]],
  ["\x00\x01", []],
  ["\x1b[", ["escape", "["]],
])("%j is %j", (text, keys) => {
  expect(keysOf(text)).toEqual(keys);
});
