import { expect, test } from "vitest";
import { errorText } from "../index.js";

class Hostile extends Error {
  override toString(): string {
    throw new Error("toString fails");
  }
}

test.each([
  [new Error("broken"), "Error: broken"],
  [new TypeError("broken"), "TypeError: broken"],
  [new DOMException("gone", "AbortError"), "AbortError: gone"],
  ["broken", "broken"],
  [undefined, "undefined"],
  [null, "null"],
  [3, "3"],
  [Object.create(null), "an object"],
  [{ token: "s3cret" }, "an object"],
  [Symbol("s3cret"), "a symbol"],
])("formats thrown value number %#", (error, text) => {
  expect(errorText(error)).toBe(text);
});

test("does not throw if an error's own toString does", () => {
  expect(errorText(new Hostile())).toBe("a Hostile");
});
