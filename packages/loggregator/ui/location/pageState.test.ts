import fc from "fast-check";
import { expect, test } from "vitest";
import { envelopeTypes } from "../../src/filter/filter.js";
import { formatState, type PageState, parseState, views } from "./pageState.js";

const text = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
const time = fc.option(fc.integer({ min: 0, max: 8e12 }), { nil: undefined });
const window = fc.constantFrom(60, 900, undefined);
const state: fc.Arbitrary<PageState> = fc.record({
  view: fc.constantFrom(...views),
  query: fc.string(),
  hidden: fc.subarray([...envelopeTypes]).map((types) => new Set(types)),
  from: time,
  to: time,
  trace: text,
  envelope: text,
  metric: text,
  source: text,
  app: text,
  metricWindow: window,
  requestWindow: window,
});

test("any state is the same after a reload", () => {
  fc.assert(
    fc.property(state, (state) => {
      expect(parseState(formatState(state))).toEqual(state);
    }),
  );
});

test("ignores unknown parameters and values", () => {
  expect(
    parseState("#view=x&hide=log,lgo&from=soon&metric-window=7&request-window=300&other=1"),
  ).toEqual({
    view: "stream",
    query: "",
    hidden: new Set(["log"]),
  });
  expect(formatState(parseState(""))).toBe("#");
});
