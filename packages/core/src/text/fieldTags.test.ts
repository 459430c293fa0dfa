import { expect, test } from "vitest";
import { FieldTags } from "../index.js";

test("strings become tags unchanged, other values as JSON", () => {
  const tags = new FieldTags("tagFields", ["s", "n", "b", "big", "o", "a"]);
  expect(tags.of({ s: "x y", n: 1.5, b: false, big: 2n, o: { p: 1 }, a: [1], other: 1 })).toEqual({
    s: "x y",
    n: "1.5",
    b: "false",
    big: "2",
    o: '{"p":1}',
    a: "[1]",
  });
});

test("paths select nested fields, unless a field has the whole path as its name", () => {
  const tags = new FieldTags("tagFields", ["req.id", "req.headers.host", "req.id.x"]);
  expect(tags.of({ req: { id: 7, headers: { host: "h" } } })).toEqual({
    "req.id": "7",
    "req.headers.host": "h",
  });
  expect(tags.of({ "req.id": "flat", req: { id: 7 } })).toEqual({ "req.id": "flat" });
});

test("fields that cannot be represented as text get no tag", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const fields = ["missing", "nothing", "circular", "function", "constructor", "__proto__"];
  const record = { nothing: null, circular, function: () => {} };
  expect(new FieldTags("tagFields", fields).of(record)).toEqual({});
  expect(new FieldTags("tagFields", undefined).isEmpty).toBe(true);
});

test("an own field called __proto__ is handled like any other", () => {
  const record = JSON.parse('{"__proto__":"x"}') as object;
  const tags = new FieldTags("tagFields", ["__proto__"]).of(record);
  expect(Object.entries(tags)).toEqual([["__proto__", "x"]]);
});

test.each([
  ["a", "tagFields must be an array of strings"],
  [[1], "tagFields[0] must be a non-empty string, got 1"],
  [["a", ""], 'tagFields[1] must be a non-empty string, got ""'],
])("rejects %j", (paths, message) => {
  expect(() => new FieldTags("tagFields", paths as never)).toThrow(message);
});
