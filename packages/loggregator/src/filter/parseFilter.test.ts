import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "./filter.js";
import { FilterSyntaxError } from "./filterSyntaxError.js";
import { parseFilter } from "./parseFilter.js";

const now = Date.UTC(2026, 0, 31, 12);

type Found = Condition & { readonly tagPattern?: RegExp | undefined };

test.each<[string, Condition[]]>([
  ["", []],
  ["  ", []],
  ["refused", [{ kind: "text", pattern: /refused/iu }]],
  [
    '"payment refused" -x',
    [
      { kind: "text", pattern: /payment refused/iu },
      { kind: "text", pattern: /x/iu, negated: true },
    ],
  ],
  ["a.b", [{ kind: "text", pattern: /a\.b/iu }]],
  [
    "/re(fus|turn)ed twice/ ok",
    [
      { kind: "text", pattern: /re(fus|turn)ed twice/u },
      { kind: "text", pattern: /ok/iu },
    ],
  ],
  ["/Refused/i", [{ kind: "text", pattern: /Refused/iu }]],
  ["/cart", [{ kind: "text", pattern: /\/cart/iu }]],
  ["/cart/items", [{ kind: "text", pattern: /\/cart\/items/iu }]],
  ["-", [{ kind: "text", pattern: /-/iu }]],
  ["12:30:01", [{ kind: "text", pattern: /12:30:01/iu }]],
  ["https://example.com", [{ kind: "text", pattern: /https:\/\/example\.com/iu }]],
  ["app:checkout", [{ kind: "app", pattern: /^checkout$/u }]],
  ["APP:/check.*/", [{ kind: "app", pattern: /^(?:check.*)$/u }]],
  [
    "source:checkout -instance:0",
    [
      { kind: "source", pattern: /checkout/iu },
      { kind: "instance", pattern: /^0$/u, negated: true },
    ],
  ],
  [
    "type:gauge,timer",
    [
      { kind: "type", type: "gauge" },
      { kind: "type", type: "timer" },
    ],
  ],
  ["tag:deployment=cf", [{ kind: "tag", name: "deployment", pattern: /^cf$/u }]],
  ['tag:a="b c"', [{ kind: "tag", name: "a", pattern: /^b c$/u }]],
  ["tag:job=/^api/", [{ kind: "tag", name: "job", pattern: /^api/u }]],
  ["tag:uri=/cart", [{ kind: "tag", name: "uri", pattern: /^\/cart$/u }]],
  ["-field:err", [{ kind: "field", name: "err", negated: true }]],
  ["level:WARNING", [{ kind: "level", level: "warn" }]],
  ["since:5m", [{ kind: "since", time: BigInt(now - 300_000) * 1_000_000n }]],
  ["until:2026-01-31T11:00:00Z", [{ kind: "until", time: BigInt(now - 3_600_000) * 1_000_000n }]],
])("parses %j", (text, conditions) => {
  // Without `tagPattern`, which is tested below.
  const found = parseFilter(text, { now }).map(
    ({ tagPattern: _, ...condition }: Found) => condition,
  );
  expect(found).toEqual(conditions);
});

test.each([
  ['"open', 'a quoted text must end with "', '"open', 0],
  ["ok /(/", "Invalid regular expression", "/(/", 3],
  ["app:/)|(.*/", "Invalid regular expression", "app:/)|(.*/", 0],
  ["x /a/g", "can only have the flag i, got g", "/a/g", 2],
  ["level:loud", "level: must be one of trace, debug, info, warn, error, fatal", "level:loud", 0],
  ["type:log,lgo", "type: must be one of log, counter, gauge, timer, event", "type:log,lgo", 0],
  ["since:soon", "since: must be a time such as 5m, 1h30m", "since:soon", 0],
  ["tag:=x", "tag: must be NAME=VALUE or NAME", "tag:=x", 0],
  ["a app:", "app: needs a value, such as app:checkout", "app:", 2],
  ["leve:error", "unknown leve:, did you mean level:?", "leve:error", 0],
  ["x".repeat(4_097), "a filter can have at most 4096 characters", "", 4_096],
])("rejects %j", (text, message, term, position) => {
  const error = (() => {
    try {
      return parseFilter(text);
    } catch (error) {
      return error;
    }
  })();
  expect(error).toBeInstanceOf(FilterSyntaxError);
  expect(error).toMatchObject({ term, position, message: expect.stringContaining(message) });
});

describe("any text", () => {
  const word = fc.constantFrom("a", '"', "/", "-", " ", ":", "=", "\\", "app:", "(", "tag:", "i");
  test("is a filter or a FilterSyntaxError", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        try {
          parseFilter(words.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(FilterSyntaxError);
        }
      }),
    );
  });

  test("can be searched for in quotes", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30 }), (text) => {
        const [condition, ...others] = parseFilter(
          JSON.stringify(text).replace(/\\(?!["\\])/g, ""),
        );
        expect(others).toEqual([]);
        expect(condition?.kind).toBe("text");
      }),
    );
  });
});
