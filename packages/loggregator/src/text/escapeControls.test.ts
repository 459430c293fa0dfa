import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeControls, escapeControlsInJson, escapeControlsInLines } from "./escapeControls.js";

const interpreted = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

test.each([
  ["plain text, ☕ and 日本語", "plain text, ☕ and 日本語"],
  ["a colour: \x1b[31mred", "a colour: \\x1b[31mred"],
  ["two\nlines\r\n", "two\\nlines\\r\\n"],
  ["a\ttab", "a    tab"],
  ["one byte CSI: \x9b2J", "one byte CSI: \\x9b2J"],
  ["bell \x07, delete \x7f, null \0", "bell \\x07, delete \\x7f, null \\x00"],
  ["turned \u202e around", "turned \\u202e around"],
  ["a line \u2028 separator", "a line \\u2028 separator"],
])("escapes sequences that a terminal would interpret: %j", (text, expected) => {
  expect(escapeControls(text)).toBe(expected);
});

test("escapes everything that a terminal interprets", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(escapeControls(text)).not.toMatch(interpreted);
    }),
  );
});

test("keeps the value of JSON", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = escapeControlsInJson(JSON.stringify({ text }));
      expect(json).not.toMatch(interpreted);
      expect(JSON.parse(json)).toEqual({ text });
    }),
  );
});

test("keeps line ends and tabs of text in several lines", () => {
  expect(escapeControlsInLines("a\n\tb\r\n\x1b[2J\u202e")).toBe("a\n\tb\\r\n\\x1b[2J\\u202e");
});
