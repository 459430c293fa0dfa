import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, padEnd, textWidth } from "./textWidth.js";

test.each([
  ["", 0],
  ["my-app/0", 8],
  ["größe, ελ, жд…", 14],
  ["日本語", 6],
  ["한국어", 6],
  ["ｗｉｄｅ", 8],
  ["☕ and 🎉", 9],
  ["e\u0301", 1],
  ["a\u200bb", 2],
])("%j takes %i columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
  expect(textWidth(padEnd(text, 20))).toBe(20);
});

test.each([
  ["my-app", 6, "my-app"],
  ["my-app", 5, "my-a…"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日…"],
  ["日本語", 1, "…"],
  ["my-app", 0, ""],
])("%j is cut to %i columns: %j", (text, columns, expected) => {
  expect(cut(text, columns)).toBe(expected);
});

test("cut text takes no more columns than there are, and as many as possible", () => {
  const character = fc.constantFrom("a", "ß", "日", "☕", "\u0301", "x");
  const text = fc.array(character).map((all) => all.join(""));
  fc.assert(
    fc.property(text, fc.nat(20), (text, columns) => {
      const width = textWidth(cut(text, columns));
      expect(width).toBeLessThanOrEqual(columns);
      expect(width).toBeGreaterThanOrEqual(Math.min(columns - 1, textWidth(text)));
    }),
  );
});

test("cutting a long text does not measure all of it", () => {
  const long = "日本語 e\u0301 👩‍👩‍👧 ".repeat(200_000);
  const timeFor = (text: string) => {
    const started = performance.now();
    for (let count = 0; count < 100; count++) {
      cut(text, 40);
    }
    return performance.now() - started;
  };
  // Measuring all of it takes thousands of times as long.
  expect(timeFor(long)).toBeLessThan(20 * timeFor(long.slice(0, 200)) + 500);
});
