import { counterEnvelope, type Envelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFilter } from "../../src/filter/parseFilter.js";
import { parseState } from "../location/pageState.js";
import { type ListFilter, predicateOf, term } from "./listFilter.js";

const at = (milliseconds: number) => BigInt(milliseconds) * 1_000_000n;
const envelopes: Record<string, Envelope> = {
  early: logEnvelope("Payment refused", { sourceId: "shop", timestamp: at(1_000) }),
  late: logEnvelope("Payment refused", { sourceId: "shop", timestamp: at(3_000) }),
  counter: counterEnvelope("requests", { delta: 7, sourceId: "router", timestamp: at(2_000) }),
  traced: timerEnvelope("http", 0n, 5n, { tags: { trace_id: "abc" }, timestamp: at(2_500) }),
};

function passing(query: string, filter: Partial<ListFilter>): string[] {
  const passes = predicateOf(parseFilter(query), { ...parseState(""), ...filter });
  return Object.entries(envelopes)
    .filter(([, envelope]) => passes(envelope))
    .map(([name]) => name);
}

describe("predicateOf", () => {
  test.each<[string, Partial<ListFilter>, string[]]>([
    ["", {}, ["early", "late", "counter", "traced"]],
    ["", { hidden: new Set(["log", "timer"]) }, ["counter"]],
    ["", { from: 2_000 }, ["late", "counter", "traced"]],
    ["", { from: 2_000, to: 2_500 }, ["counter"]],
    ["", { trace: "abc" }, ["traced"]],
    ["refused", { to: 3_000 }, ["early"]],
    ["app:router", { hidden: new Set(["counter"]) }, []],
  ])("combines the query %j and %o", (query, filter, names) => {
    expect(passing(query, filter)).toEqual(names);
  });
});

describe("term", () => {
  test("is readable for usual values", () => {
    expect(term("app:", "checkout")).toBe("app:checkout");
    expect(term("tag:uri=", "/a b")).toBe('tag:uri="/a b"');
  });

  test("selects exactly its value", () => {
    // A tab would be shown as spaces.
    const text = fc
      .string({ minLength: 1, unit: "binary-ascii" })
      .filter((value) => !value.includes("\t"));
    fc.assert(
      fc.property(text, fc.string(), (value, other) => {
        const [condition] = parseFilter(term("tag:x=", value));
        if (condition?.kind !== "tag") {
          throw new Error("expected a tag");
        }
        expect(condition.pattern?.test(value)).toBe(true);
        expect(condition.pattern?.test(other)).toBe(other === value);
      }),
    );
  });
});
