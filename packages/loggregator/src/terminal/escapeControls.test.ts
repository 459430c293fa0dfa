import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeControls, escapeControlsInJson } from "./escapeControls.js";

const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

test.each([
  ["plain text, ☕ and 日本語", "plain text, ☕ and 日本語"],
  ["a colour: \x1b[31mred", "a colour: \\x1b[31mred"],
  ["two\nlines\r\n", "two\\nlines\\r\\n"],
  ["a\ttab", "a    tab"],
  ["one byte CSI: \x9b2J", "one byte CSI: \\x9b2J"],
  ["bell \x07, delete \x7f, null \0", "bell \\x07, delete \\x7f, null \\x00"],
  ["turned \u202e around", "turned \\u202e around"],
  ["a line \u2028 separator", "a line \\u2028 separator"],
])("spells out what a terminal would obey: %j", (text, expected) => {
  expect(escapeControls(text)).toBe(expected);
});

test("lets nothing through that a terminal obeys, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(escapeControls(text)).not.toMatch(obeyed);
    }),
  );
});

test("leaves JSON the same to who reads it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = escapeControlsInJson(JSON.stringify({ text }));
      expect(json).not.toMatch(obeyed);
      expect(JSON.parse(json)).toEqual({ text });
    }),
  );
});
