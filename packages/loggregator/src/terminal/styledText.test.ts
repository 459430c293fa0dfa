import fc from "fast-check";
import { expect, test } from "vitest";
import type { Paint } from "./paint.js";
import { styledText } from "./styledText.js";

const paint: Paint = (style, text) => `<${style} ${text}>`;
const red = "\x1b[31m";
const off = "\x1b[0m";

test.each([
  ["plain text is unchanged", "a b", {}, "a b"],
  ["text has its style", "a", { style: "red" }, "<red a>"],
  ["controls are escaped", "a\x1b[2Jb\x07", {}, "a\\x1b[2Jb\\x07"],
  ["colours are kept and end", `a${red}b`, {}, `a${red}b${off}`],
  ["colours of the app replace the style", `${red}a`, { style: "red" }, `${red}a${off}`],
  ["colours are removed", `a${red}b${off}`, { keepColors: false }, "ab"],
  ["hidden text is shown", "\x1b[8ma\x1b[1;5mb", {}, "ab"],
  ["an extended colour may have a 5 or 8", "\x1b[38;5;8ma", {}, `\x1b[38;5;8ma${off}`],
  ["a match is highlighted", "a err b", { highlight: /err/g }, "a <inverse err> b"],
  ["an empty match is not", "ab", { highlight: /x*/g }, "ab"],
  [
    "a match across colours is highlighted in parts",
    `a e${red}rr b`,
    { highlight: /err/g },
    `a <inverse e>${red}<inverse rr> b${off}`,
  ],
] as const)("%s", (_, text, options, expected) => {
  expect(styledText(text, { paint, keepColors: true, ...options })).toBe(expected);
});

test("contains no control characters except those of colours", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 10 }),
    fc.constantFrom("\x1b", "\x1b[", "\x1b[31m", "\x1b[8m", ";", "m", "\u202e"),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const plain: Paint = (_, text) => text;
      const text = styledText(parts.join(""), {
        paint: plain,
        keepColors: true,
        highlight: /[a-m]+/g,
      });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences under test.
      const rest = text.replace(/\x1b\[[\d;:]*m/g, "");
      expect(rest).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});
