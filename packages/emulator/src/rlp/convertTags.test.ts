import { decimal, integer, tagged, text } from "@loggregator/testing/deprecated-tags";
import { describe, expect, test } from "vitest";
import { withDeprecatedTags, withPreferredTags } from "./convertTags.js";

describe("preferred tags", () => {
  test("are the tags and, as text, the deprecated tags", () => {
    const { tags, deprecatedTags } = withPreferredTags(
      tagged({ a: "1" }, { b: text("2"), c: integer(-3n), d: decimal(4.5) }),
    );
    expect(tags).toEqual({ a: "1", b: "2", c: "-3", d: "4.5" });
    expect(deprecatedTags).toEqual({});
  });

  test("contain the deprecated tag if both have the name", () => {
    expect(withPreferredTags(tagged({ a: "new" }, { a: text("old") })).tags).toEqual({ a: "old" });
  });

  test("omit deprecated tags without a value", () => {
    const { tags, deprecatedTags } = withPreferredTags(tagged({}, { a: { data: undefined } }));
    expect(tags).toEqual({});
    expect(deprecatedTags).toEqual({});
  });

  test.each([
    [0, "0"],
    [-0, "-0"],
    [3, "3"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [999_999, "999999"],
    [1_000_000, "1e+06"],
    [-1234567.5, "-1.2345675e+06"],
    [1e100, "1e+100"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("write the decimal %d as Go does", (value, written) => {
    expect(withPreferredTags(tagged({}, { a: decimal(value) })).tags).toEqual({ a: written });
  });
});

describe("deprecated tags", () => {
  test("contain all tags as text, in addition to existing deprecated ones", () => {
    const { tags, deprecatedTags } = withDeprecatedTags(tagged({ a: "1" }, { b: integer(2n) }));
    expect(tags).toEqual({});
    expect(deprecatedTags).toEqual({ a: text("1"), b: integer(2n) });
  });

  test("contain the tag if both have the name", () => {
    const { deprecatedTags } = withDeprecatedTags(tagged({ a: "new" }, { a: text("old") }));
    expect(deprecatedTags).toEqual({ a: text("new") });
  });
});

test.each([withPreferredTags, withDeprecatedTags])(
  "%o keeps a tag named __proto__ and does not change its argument",
  (convert) => {
    const envelope = tagged(JSON.parse('{"__proto__":"a"}'), {
      ...JSON.parse('{"constructor":{"data":{"$case":"text","value":"b"}}}'),
    });
    const before = structuredClone(envelope);
    const { tags, deprecatedTags } = convert(envelope);
    expect(Object.keys({ ...tags, ...deprecatedTags })).toEqual(
      expect.arrayContaining(["__proto__", "constructor"]),
    );
    expect(envelope).toEqual(before);
  },
);
