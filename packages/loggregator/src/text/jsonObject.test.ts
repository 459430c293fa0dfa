import { expect, test } from "vitest";
import { fieldOf, fieldText, jsonObject } from "./jsonObject.js";

test.each([
  ['{"a":1}', { a: 1 }],
  ['  {"a":1}\n', { a: 1 }],
  ["{broken", undefined],
  ["[1]", undefined],
  ["text", undefined],
  [`{"a":"${"x".repeat(70_000)}"}`, undefined],
])("reads %j", (text, fields) => {
  expect(jsonObject(text)).toEqual(fields);
});

test("finds fields by name and by path", () => {
  const fields = { "log.level": "info", req: { method: "GET", headers: { host: "x" } }, n: 1 };
  expect(fieldOf(fields, "log.level")).toBe("info");
  expect(fieldOf(fields, "req.headers.host")).toBe("x");
  for (const path of ["nope", "n.x", "req.nope.x", "constructor", "req.__proto__"]) {
    expect(fieldOf(fields, path)).toBeUndefined();
  }
  expect(["a", 1, { b: 2 }, undefined].map(fieldText)).toEqual(["a", "1", '{"b":2}', ""]);
});
