import fc from "fast-check";
import { expect, test } from "vitest";
import { formatUuid, parseUuid } from "./uuid.js";

test("a UUID's halves are little-endian", () => {
  const uuid = { low: 0x6d47cd09695d01b3n, high: 0xb75a4d822dadceaan };
  expect(parseUuid("b3015d69-09cd-476d-aace-ad2d824d5ab7")).toEqual(uuid);
  expect(formatUuid(uuid)).toBe("b3015d69-09cd-476d-aace-ad2d824d5ab7");
});

test("every UUID is parsed as it was formatted", () => {
  const half = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(half, half, (low, high) => {
      expect(parseUuid(formatUuid({ low, high }))).toEqual({ low, high });
    }),
  );
  fc.assert(
    fc.property(fc.uuid(), (text) => {
      expect(formatUuid(parseUuid(text))).toBe(text);
    }),
  );
});

test("an undefined UUID is formatted as zeros", () => {
  expect(formatUuid(undefined)).toBe("00000000-0000-0000-0000-000000000000");
});

test("any separator and upper case are accepted", () => {
  expect(parseUuid("B3015D69x09CD.476D aace-AD2D824D5AB7")).toEqual(
    parseUuid("b3015d69-09cd-476d-aace-ad2d824d5ab7"),
  );
});

test.each([
  "",
  "b3015d69",
  "b3015d69-09cd-476d-aace-ad2d824d5ab",
  "b3015d69-09cd-476d-aace-ad2d824d5ab77",
  "b3015d69-09cd-476d-aace-ad2d824d5abg",
  "b3015d69é09cd-476d-aace-ad2d824d5ab7",
  "b3015d69-09cd-476d-aace-ad2d824d5ab7\n",
])("returns undefined for %j, which is not a UUID", (text) => {
  expect(parseUuid(text)).toBe(undefined);
});
