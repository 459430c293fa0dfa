import { decimal, integer, tagged, text } from "@loggregator/testing/deprecated-tags";
import { describe, expect, test } from "vitest";
import { sourceIdFromOrigin, tagsBehindAgent } from "./agentTags.js";

describe("the source id from the origin is", () => {
  test.each([
    ["the tag's", tagged({ origin: "a" }, { origin: text("b") }), "a"],
    ["the tag's, even if that is empty", tagged({ origin: "" }, { origin: text("b") }), ""],
    ["the deprecated tag's", tagged({}, { origin: text("b") }), "b"],
    ["empty if that is not text", tagged({}, { origin: integer(1n) }), ""],
    ["empty without either", tagged({ other: "a" }), ""],
  ])("%s", (_, envelope, sourceId) => {
    expect(sourceIdFromOrigin(envelope)).toBe(sourceId);
  });
});

describe("after the agent", () => {
  test("deprecated tags become tags and take precedence; the agent's tags do not", () => {
    const envelope = tagged({ a: "1", b: "2" }, { b: integer(3n), c: { data: undefined } });
    const agentTags = [
      ["a", "x"],
      ["c", "x"],
      ["d", "x"],
    ] as const;
    expect(tagsBehindAgent(envelope, agentTags)).toEqual({ a: "1", b: "3", c: "", d: "x" });
    expect(envelope.tags).toEqual({ a: "1", b: "2" });
  });

  test("tags named __proto__ and constructor are handled like others", () => {
    const tags = tagsBehindAgent(
      tagged(JSON.parse('{"__proto__":"a"}'), {
        constructor: text("b"),
      } as never),
      [
        ["__proto__", "x"],
        ["toString", "y"],
      ],
    );
    expect(Object.entries(tags).sort()).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "y"],
    ]);
  });

  // The expected texts were produced by Go's strconv.FormatFloat(value, 'f', -1, 64).
  test.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [123456789, "123456789"],
    [0.00001, "0.00001"],
    [-1.25e-7, "-0.000000125"],
    [1e21, "1000000000000000000000"],
    [1.7976931348623157e308, `17976931348623157${"0".repeat(292)}`],
    [5e-324, `0.${"0".repeat(323)}5`],
    [0.1 + 0.2, "0.30000000000000004"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("the decimal %d is written with all its digits", (value, written) => {
    expect(tagsBehindAgent(tagged({}, { a: decimal(value) }), [])).toEqual({ a: written });
  });
});
