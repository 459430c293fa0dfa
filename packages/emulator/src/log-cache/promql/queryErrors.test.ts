import { Envelope, gaugeEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { EnvelopeStore } from "../store/envelopeStore.js";
import { instantQuery } from "./evaluate/queries.js";

const store = new EnvelopeStore({ maxPerSource: 10, maxBytes: 1e6 });
for (const zone of ["z1", "z2"]) {
  const metrics = { cpu: { value: 1, unit: "" } };
  const tags = { zone };
  const envelope = gaugeEnvelope(metrics, { sourceId: "a", tags, timestamp: 1000n });
  store.put(envelope, Envelope.encode(envelope).finish());
}

function failure(query: string, time = "1"): string {
  try {
    instantQuery(store, query, time, 0);
  } catch (error) {
    return (error as { details: string }).details;
  }
  throw new Error("the query did not fail");
}

describe("errors", () => {
  test.for([
    ["cpu", "metric 'cpu' does not have a 'source_id' label"],
    ['cpu{source_id!="x"}', "metric 'cpu' does not have a 'source_id' label"],
    ["", "parse error at char 1: no expression found in input"],
    ["{", "parse error at char 2: unexpected end of input inside braces"],
    ["{}", "parse error at char 2: vector selector must contain label matchers or metric name"],
    [
      '{a=""}',
      "parse error at char 6: vector selector must contain at least one non-empty matcher",
    ],
    ["foo(1)", 'parse error at char 4: unknown function with name "foo"'],
    ["1 +", "parse error at char 4: no valid expression found"],
    ["(1", "parse error at char 3: unclosed left parenthesis"],
    ["1)", 'parse error at char 2: could not parse remaining input ")"...'],
    ["1 == 1", "parse error at char 7: comparisons between scalars must use BOOL modifier"],
    ["cpu[5]", "parse error at char 5: missing unit character in duration"],
    ["cpu[0s]", "parse error at char 5: duration must be greater than 0"],
    [
      'sum(cpu{source_id="a"}[1m])',
      "parse error at char 28: expected type instant vector in aggregation expression, got range vector",
    ],
    [
      'rate(cpu{source_id="a"})',
      'parse error at char 25: expected type range vector in call to function "rate", got instant vector',
    ],
    ['a{x="1" y="2"}', 'parse error at char 9: missing comma before next identifier "y"'],
    ["a{x>1}", "parse error at char 4: unexpected character inside braces: '>'"],
    ["1\n+ $", "parse error at line 2, char 3: unexpected character: '$'"],
    ["a{x=~1}", "parse error at char 6: unexpected character inside braces: '1'"],
    ['a{__name__="b"}', 'parse error at char 15: metric name must not be set twice: "a" or "b"'],
  ])("%s: %s", ([query, message]) => {
    expect(failure(String(query))).toBe(message);
  });

  test("the error for an invalid time contains it", () => {
    expect(failure("1", "x")).toBe('cannot parse "x" to a valid Unix or RFC3339 timestamp');
  });

  test.for([
    ['topk(1, cpu{source_id="a"})', 'the aggregation "topk"'],
    ['abs(cpu{source_id="a"})', 'the function "abs"'],
    ['cpu{source_id="a"} and cpu{source_id="a"}', 'the operator "and"'],
    ['cpu{source_id="a"} * on(zone) group_left cpu{source_id="a"}', "group_left"],
  ])("%s is refused, as the emulator does not support %s", ([query, what]) => {
    expect(failure(String(query))).toContain(`the emulator does not support ${what} in PromQL`);
  });

  test("two series for one match are refused", () => {
    expect(failure('cpu{source_id="a"} + on(source_id) cpu{source_id="a"}')).toContain(
      "found duplicate series for the match group",
    );
  });

  test("nesting is bounded", () => {
    expect(failure(`${"(".repeat(100_000)}1${")".repeat(100_000)}`)).toContain("nested");
    expect(failure(`${"-".repeat(100_000)}cpu{source_id="a"}`)).toContain("nested");
  });
});
