import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter, maxLineBytes } from "./lineSplitter.js";

function split(...chunks: readonly Buffer[]): string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)].map(String));
  return [...lines, ...[...splitter.end()].map(String)];
}

test.each([
  ["a\nb\n", ["a", "b"]],
  ["a\nb", ["a", "b"]],
  ["a\r\nb\r\n", ["a", "b"]],
  ["\n\na\n", ["", "", "a"]],
  ["a\rb\n", ["a\rb"]],
  ["", []],
])("cuts %j into lines", (text, lines) => {
  expect(split(Buffer.from(text))).toEqual(lines);
});

test("yields the same lines for any division into chunks", () => {
  const text = fc.array(fc.constantFrom("a", "é", "☕", "\n", "\r\n"), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 5 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(""));
      const sorted = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
      expect(split(...chunks)).toEqual(split(bytes));
    }),
  );
});

test("splits a line that is too long for one envelope between characters", () => {
  const text = "é".repeat(maxLineBytes);
  const lines = split(Buffer.from(`x${text}\nend\n`));
  expect(lines.join("")).toBe(`x${text}end`);
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxLineBytes);
  }
});

test("buffers at most one envelope of a line without an end", () => {
  const splitter = new LineSplitter();
  const chunk = Buffer.alloc(64 * 1024, "x");
  let bytes = 0;
  for (let count = 0; count < 100; count++) {
    for (const piece of splitter.push(chunk)) {
      bytes += piece.length;
    }
  }
  expect(100 * chunk.length - bytes).toBeLessThanOrEqual(maxLineBytes);
});
