import { expect } from "vitest";

/** Expects the same JSON values in the same order, and shows the first difference. */
export function expectSame(values: readonly unknown[], expected: readonly unknown[]): void {
  const [texts, wanted] = [values.map(canonical), expected.map(canonical)];
  const at = texts.findIndex((text, index) => text !== wanted[index]);
  expect(texts[at]).toBe(wanted[at]);
  expect(texts.length).toBe(wanted.length);
}

/** Returns the same text for equal JSON values, whatever the order of their members; -0 is not 0. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const object = value as Record<string, unknown>;
    const members = Object.keys(object)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`);
    return `{${members.join(",")}}`;
  }
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}
