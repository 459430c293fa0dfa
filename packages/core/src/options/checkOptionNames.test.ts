import { expect, test } from "vitest";
import { checkOptionNames, OptionTypeError } from "../index.js";

interface Options {
  readonly address?: string;
  readonly sourceId?: string;
}
const known = { address: true, sourceId: true } as const;

function rejection(options: unknown, name = "options"): OptionTypeError {
  try {
    checkOptionNames<Options>(name, options, known);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionTypeError);
    return error as OptionTypeError;
  }
  throw new Error("the options were accepted");
}

test.each([
  {},
  { address: "localhost:1" },
  { address: undefined, sourceId: "s" },
  Object.create(null),
  Object.create({ adress: "inherited" }),
  { [Symbol("adress")]: 1 },
])("accepts known names: %#", (options) => {
  expect(() => checkOptionNames<Options>("options", options, known)).not.toThrow();
});

test.each([
  ["adress", 'unknown option "adress"; did you mean "address"?'],
  ["sourceID", 'unknown option "sourceID"; did you mean "sourceId"?'],
  ["colour", 'unknown option "colour"; known options: address, sourceId'],
  ["constructor", 'unknown option "constructor"; known options: address, sourceId'],
  ["toString", 'unknown option "toString"; known options: address, sourceId'],
])("rejects %s", (name, message) => {
  const error = rejection({ address: "localhost:1", [name]: "s3cret" });
  expect(error.message).toBe(message);
  expect(error).toMatchObject({
    option: name,
    expected: "one of address, sourceId",
    received: `"${name}"`,
  });
});

test("rejects an own property called __proto__", () => {
  const options = JSON.parse('{"__proto__": 1}');
  expect(rejection(options).message).toBe(
    'unknown option "__proto__"; known options: address, sourceId',
  );
});

test("rejects a misspelled name whose value is undefined", () => {
  expect(rejection({ adress: undefined }).option).toBe("adress");
});

test("names the path of nested options", () => {
  const error = rejection({ adress: 1 }, "retry");
  expect(error.message).toBe('unknown option "retry.adress"; did you mean "address"?');
  expect(error.option).toBe("retry.adress");
});

test.each([
  [undefined, "undefined"],
  [null, "null"],
  ["text", '"text"'],
  [[], "an array"],
  [() => {}, "a function"],
])("rejects options that are not an object: %o", (options, text) => {
  expect(rejection(options).message).toBe(`options must be an object, got ${text}`);
});
