import { expect, test } from "vitest";
import {
  objectArgument,
  optionalFunction,
  optionalSignal,
  positiveMs,
  shown,
  wholeNumber,
} from "./arguments.js";

test("a duration is a positive number, as long as timers go", () => {
  for (const value of [0.5, 1, 100, 2 ** 31 - 1]) expect(positiveMs("waitMs", value)).toBe(value);
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 31]) {
    expect(() => positiveMs("waitMs", value)).toThrow(RangeError);
    expect(() => positiveMs("waitMs", value)).toThrow(new RegExp(`^waitMs: .* got ${value}$`));
  }
  for (const value of ["1", null, undefined, 1n, {}, [1], true]) {
    expect(() => positiveMs("waitMs", value)).toThrow(TypeError);
    expect(() => positiveMs("waitMs", value)).toThrow(/^waitMs: .* got /);
  }
});

test("a number of things is positive and whole", () => {
  for (const value of [1, 100, 2 ** 53 - 1]) expect(wholeNumber("size", value)).toBe(value);
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    expect(() => wholeNumber("size", value)).toThrow(RangeError);
    expect(() => wholeNumber("size", value)).toThrow(new RegExp(`^size: .* got ${value}$`));
  }
  for (const value of ["1", null, undefined, 1n, {}]) {
    expect(() => wholeNumber("size", value)).toThrow(TypeError);
  }
});

test("functions, signals and objects are told from other things", () => {
  optionalFunction("f", undefined);
  optionalFunction("f", () => {});
  expect(() => optionalFunction("f", null)).toThrow(
    new TypeError("f: expected a function, got null"),
  );
  optionalSignal("signal", undefined);
  optionalSignal("signal", new AbortController().signal);
  for (const value of [null, true, new AbortController()]) {
    expect(() => optionalSignal("signal", value)).toThrow(/^signal: expected an AbortSignal, got /);
  }
  objectArgument("o", {});
  expect(() => objectArgument("o", "text")).toThrow(
    new TypeError('o: expected an object, got "text"'),
  );
});

test("what is in objects is not shown", () => {
  expect(shown({ token: "secret" })).toBe("[Object]");
  expect(shown(["secret"])).toBe("[Array]");
  expect(shown("text")).toBe('"text"');
});
