import { describe, expect, test } from "vitest";
import { escapeControls, formatValue } from "../index.js";

class Elephant {
  readonly secret = "s3cret";
}
class Tiger {}

test.each([
  ["text", '"text"'],
  ["", '""'],
  ['quo"te\n', '"quo\\"te\\n"'],
  [3, "3"],
  [-0, "-0"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
  [12345678901234567890n, "12345678901234567890n"],
  [true, "true"],
  [undefined, "undefined"],
  [null, "null"],
  [Symbol("s3cret"), "a symbol"],
  [() => "s3cret", "a function"],
  [class Secret {}, "a function"],
  [["s3cret"], "an array"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new Date(Number.NaN), "an invalid Date"],
  [{ password: "s3cret" }, "an object"],
  [Object.create(null), "an object"],
  [new Elephant(), "an Elephant"],
  [new Tiger(), "a Tiger"],
  [new Uint8Array([115]), "a Uint8Array"],
  [new Error("s3cret"), "an Error"],
  [new URL("https://user:s3cret@localhost"), "a URL"],
  [new String("s3cret"), "a String"],
  [new Map([["s3cret", 1]]), "a Map"],
])("formats %o as %s", (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test("truncates text after 60 characters", () => {
  expect(formatValue("x".repeat(60))).toBe(`"${"x".repeat(60)}"`);
  expect(formatValue("x".repeat(61))).toBe(`"${"x".repeat(60)}…"`);
  expect(formatValue(10n ** 99n)).toBe(`1${"0".repeat(59)}…n`);
});

test("escapes characters that terminals and pages interpret", () => {
  expect(formatValue("\u001b[2J\u009b2J\u007f\u202e\u2028\ufeff")).toBe(
    '"\\u001b[2J\\u009b2J\\u007f\\u202e\\u2028\\ufeff"',
  );
});

test("escapeControls leaves other text unchanged", () => {
  expect(escapeControls('日本語 😀 \\ "text"')).toBe('日本語 😀 \\ "text"');
  expect(escapeControls("a\u001b[2Jb\nc\u009b\u0000")).toBe("a\\u001b[2Jb\\u000ac\\u009b\\u0000");
});

describe("never throws and never calls the value's methods", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const fail = () => {
    throw new Error("called");
  };
  class Hostile {
    toString = fail;
    toJSON = fail;
    [Symbol.toPrimitive] = fail;
    get field(): never {
      return fail();
    }
  }
  test.each([
    ["an object whose conversions throw", new Hostile(), "a Hostile"],
    ["a revoked proxy", revoked.proxy, "an object"],
    ["a proxy that throws", new Proxy({}, { getPrototypeOf: fail, get: fail }), "an object"],
    [
      "a prototype that throws",
      Object.create({
        get constructor() {
          return fail();
        },
      }),
      "an object",
    ],
    ["a constructor without a name", Object.create({ constructor: {} }), "an object"],
    [
      "a name that is not an identifier",
      Object.create({ constructor: { name: "\u001b[2J" } }),
      "an object",
    ],
    ["a long name", Object.create({ constructor: { name: "x".repeat(99) } }), "an object"],
  ])("%s", (_, value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});
