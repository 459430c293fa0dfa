import { expect, test } from "vitest";
import { sameBytes } from "./sameBytes.js";

const view = (bytes: readonly number[]) => new DataView(Uint8Array.from(bytes).buffer);

test("finds one different byte at any position", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff);
    const one = view([1, ...bytes, 2]);
    const other = view([9, 9, 9, ...bytes]);
    expect(sameBytes(one, 1, other, 3, length)).toBe(true);
    for (let i = 0; i < length; i++) {
      other.setUint8(3 + i, other.getUint8(3 + i) ^ 0x80);
      expect(sameBytes(one, 1, other, 3, length)).toBe(false);
      other.setUint8(3 + i, other.getUint8(3 + i) ^ 0x80);
    }
  }
});

test.each([
  ["zeros of both signs", [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0x80]],
  ["two NaNs", [1, 0, 0, 0, 0, 0, 0xf8, 0x7f], [2, 0, 0, 0, 0, 0, 0xf8, 0x7f]],
  ["two denormals", [1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]],
])("distinguishes %s, compared as doubles", (_, one, other) => {
  expect(sameBytes(view(one), 0, view(other), 0, 8)).toBe(false);
  expect(sameBytes(view(one), 0, view(one), 0, 8)).toBe(true);
  expect(sameBytes(view(other), 0, view(other), 0, 8)).toBe(true);
});
