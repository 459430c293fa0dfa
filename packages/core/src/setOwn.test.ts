import fc from "fast-check";
import { expect, test } from "vitest";
import { mapWith, setOwn } from "./index.js";

const names = fc.oneof(
  fc.string(),
  fc.constantFrom("__proto__", "constructor", "toString", "toJSON", "hasOwnProperty", "0", ""),
);

test("sets an own, enumerable, writable property of any name", () => {
  fc.assert(
    fc.property(names, (name) => {
      const object: Record<string, number> = {};
      setOwn(object, name, 1);
      setOwn(object, name, 2);
      expect(Object.getOwnPropertyDescriptor(object, name)).toEqual({
        value: 2,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.keys(object)).toEqual([name]);
    }),
  );
});

test("mapWith converts every entry but undefined ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, fc.option(fc.integer(), { nil: undefined }))),
      (entries) => {
        const from = Object.fromEntries(entries);
        const expected = Object.fromEntries(
          Object.entries(from).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, String(value)]],
          ),
        );
        expect(mapWith(from, String)).toEqual(expected);
      },
    ),
  );
  expect(mapWith(undefined, String)).toEqual({});
  expect(mapWith({ a: 0, b: null }, String)).toEqual({ a: "0", b: "null" });
});
