import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  counterEnvelope,
  type EnvelopeBatch,
  EnvelopeDecodeError,
  formatEnvelopeBatch,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
} from "../index.js";

// Text in the gateway's form is parsed by a fast path. With a space before it, the path for any
// JSON is used: the results must be the same for any mutation of the text.

function outcome(text: string): EnvelopeBatch | string {
  try {
    return parseEnvelopeBatch(text);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvelopeDecodeError);
    // The engine's message quotes the beginning of the text.
    return (error as Error).message.replace(/^invalid JSON.*/s, "invalid JSON");
  }
}

/** Texts in the form of gateways. The first one was received from a real gateway. */
const texts = [
  '{"batch":[{"timestamp":"1795363066942000000", "source_id":"ts-app", "instance_id":"0", "deprecated_tags":{}, "tags":{"deployment":"cf", "origin":"x"}, "gauge":{"metrics":{"cpu":{"unit":"p", "value":"NaN"}}}}]}',
  gatewayText(logEnvelope("GET / 200", { sourceId: "984992f6-3cfb-4417-9321-786ee5233e9c" })),
  gatewayText(
    logEnvelope("a", { sourceId: "s", tags: { a: "1", b: "} ,{ ]" } }),
    counterEnvelope("requests", { delta: 2, sourceId: "s" }),
    gaugeEnvelope({ "x}": { value: 1.5, unit: "{" } }, { sourceId: "t", instanceId: "1" }),
    logEnvelope("b", { sourceId: "ünï", tags: { a: "1", b: "} ,{ ]" } }),
  ),
];

function gatewayText(...batch: EnvelopeBatch["batch"]): string {
  return formatEnvelopeBatch({ batch }, { emitUnpopulated: true });
}

/** Members to insert anywhere: repeated, old and unknown names. */
const members = [
  '"timestamp":"7"',
  '"timestamp":7',
  '"source_id":"other"',
  '"sourceId":"other"',
  '"instance_id":"9"',
  '"deprecated_tags":{}',
  '"deprecated_tags":{"d":{"text":"x"}}',
  '"tags":{}',
  '"tags":{"other":"tag"}',
  '"tags":null',
  '"log":{"payload":"eA==","type":"OUT"}',
  '"log":null',
  '"log":{}',
  '"counter":{"name":"c","delta":"1","total":"0"}',
  '"counter":null',
  '"event":{}',
  '"payload":"eA=="',
  '"type":"OUT"',
  '"type":5',
  '"unknown":{"batch":[{}]}',
  '"__proto__":{"source_id":"x"}',
  '"name":"again"',
  '"metrics":{}',
  '"batch":[]',
  '"":""',
];

/** Returns the positions where members may begin: after each brace and comma outside strings. */
function memberPlaces(text: string): number[] {
  return places(text, "{,");
}

function places(text: string, after: string): number[] {
  const found: number[] = [];
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') {
      isInString = !isInString;
    } else if (!isInString && after.includes(text[i] as string)) {
      found.push(i + 1);
    }
  }
  return found;
}

type Mutation = (text: string, choose: (length: number) => number) => string;
const insert = (text: string, at: number, piece: string) =>
  text.slice(0, at) + piece + text.slice(at);

const mutations: Readonly<Record<string, Mutation>> = {
  "a member inserted"(text, choose) {
    const all = memberPlaces(text);
    const at = all[choose(all.length)] as number;
    return insert(text, at, `${members[choose(members.length)]},`);
  },
  "a member appended to an object"(text, choose) {
    const all = places(text, "}").filter((at) => text[at - 2] !== "{");
    if (all.length === 0) {
      return text;
    }
    return insert(
      text,
      (all[choose(all.length)] as number) - 1,
      `,${members[choose(members.length)]}`,
    );
  },
  "a range repeated"(text, choose) {
    const all = memberPlaces(text);
    const [a, b] = [all[choose(all.length)] as number, all[choose(all.length)] as number];
    return insert(text, Math.max(a, b), text.slice(Math.min(a, b), Math.max(a, b)));
  },
  "two ranges swapped"(text, choose) {
    const all = memberPlaces(text);
    const [a = 0, b = 0, c = 0] = [choose(all.length), choose(all.length), choose(all.length)]
      .map((index) => all[index] as number)
      .sort((x, y) => x - y);
    return text.slice(0, a) + text.slice(b, c) + text.slice(a, b) + text.slice(c);
  },
  "white space inserted"(text, choose) {
    const all = places(text, '{}[],:"');
    const space = [" ", "\n", "\t", "\r", "  ", ", "][choose(6)] as string;
    return insert(text, all[choose(all.length)] as number, space);
  },
  "a character escaped"(text, choose) {
    const at = choose(text.length);
    const escaped = `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;
    return text.slice(0, at) + escaped + text.slice(at + 1);
  },
  "a character replaced"(text, choose) {
    const at = choose(text.length);
    const piece = ['"', "\\", "{", "}", ",", ":", "0", "-", "é", "\u0000", "="][
      choose(11)
    ] as string;
    return text.slice(0, at) + piece + text.slice(at + 1);
  },
  "a piece removed"(text, choose) {
    const at = choose(text.length);
    return text.slice(0, at) + text.slice(at + 1 + choose(12));
  },
  "null in place of a value"(text, choose) {
    const all = places(text, ":");
    const at = all[choose(all.length)] as number;
    const end = /^(?:"[^"]*"|\{[^{}]*\})/.exec(text.slice(at))?.[0].length ?? 0;
    return `${text.slice(0, at)}null${text.slice(at + end)}`;
  },
};

describe("the fast path and the path for any JSON return the same", () => {
  test.each(Object.keys(mutations))("with %s", (name) => {
    const mutate = mutations[name] as Mutation;
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 3 }),
        (text, choices, times) => {
          let next = 0;
          const choose = (length: number) => (choices[next++] ?? 0) % Math.max(1, length);
          let mutated = text;
          for (let i = 0; i < times; i++) {
            mutated = mutate(mutated, choose);
          }
          expect(outcome(mutated)).toEqual(outcome(` ${mutated}`));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("with any two mutations", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.constantFrom(...Object.values(mutations)),
        fc.constantFrom(...Object.values(mutations)),
        fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
        (text, one, two, choices) => {
          let next = 0;
          const choose = (length: number) => (choices[next++] ?? 0) % Math.max(1, length);
          const mutated = two(one(text, choose), choose);
          expect(outcome(mutated)).toEqual(outcome(` ${mutated}`));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test.each(members)("with %s after the message", (member) => {
    for (const text of texts) {
      const mutated = `${text.slice(0, -3)},${member}}]}`;
      expect(outcome(mutated)).toEqual(outcome(` ${mutated}`));
    }
  });
});

test("the last of repeated members is used, also after the message", () => {
  const [text = ""] = texts;
  const { batch } = parseEnvelopeBatch(
    `${text.slice(0, -3)},"tags":{"a":"b"},"source_id":"last"}]}`,
  );
  expect(batch).toMatchObject([{ sourceId: "last", tags: { a: "b" } }]);
});

describe("tags are data", () => {
  const names = [
    "\u0000number",
    "\0number",
    "__proto__",
    "constructor",
    "prototype",
    "toJSON",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "then",
    "length",
    "0",
    "1234567890123456789",
    "-1",
    "$case",
    "value",
    "data",
    "text",
    "integer",
    "decimal",
    "batch",
    "tags",
    "source_id",
    "_unknownFields",
    "",
  ];
  const values = [
    ...names,
    "1",
    ":1234567890123456",
    " 1234567890123456789",
    '"a":1234567890123456789',
    ',"x":12345678901234567890.5e3',
    "NaN",
    "null",
    "\\",
    '\\"',
    "\\u0000",
    "}]}",
  ];

  test("with any names and values, next to numbers with many digits", () => {
    const name = fc.oneof(fc.constantFrom(...names), fc.string());
    const value = fc.oneof(fc.constantFrom(...values), fc.string());
    const tags = fc
      .array(fc.tuple(name, value), { maxLength: 5 })
      .map((entries): Record<string, string> => Object.fromEntries(entries));
    fc.assert(
      fc.property(fc.array(tags, { maxLength: 3 }), fc.boolean(), (all, emitUnpopulated) => {
        const batch = all.map((tags, index) => ({
          ...logEnvelope("m", { tags, timestamp: BigInt(index) }),
          deprecatedTags: Object.fromEntries(
            Object.entries(tags).map(([name, value]) => [
              name,
              { data: { $case: "text" as const, value } },
            ]),
          ),
        }));
        const text = formatEnvelopeBatch({ batch }, { emitUnpopulated });
        expect(parseEnvelopeBatch(text)).toEqual({ batch });
        // A number that a double cannot represent exactly.
        const long = `{"unknown":12345678901234567890,"timestamp":1234567890123456789}`;
        const withLong =
          text === "{}"
            ? `{"batch":[${long}]}`
            : text.replace(/\]\}$/, `${batch.length > 0 ? "," : ""}${long}]}`);
        const parsed = parseEnvelopeBatch(withLong).batch;
        expect(parsed.slice(0, -1)).toEqual(batch);
        expect(parsed.at(-1)?.timestamp).toBe(1234567890123456789n);
      }),
      { numRuns: 500 },
    );
  });

  test("a tag that looks like the parser's internal marks does not affect other envelopes", () => {
    const tags = { "\u0000number": "1", a: ":1234567890123456" };
    const batch = [logEnvelope("one", { tags }), logEnvelope("two", { sourceId: "another app" })];
    for (const emitUnpopulated of [true, false]) {
      expect(parseEnvelopeBatch(formatEnvelopeBatch({ batch }, { emitUnpopulated }))).toEqual({
        batch,
      });
    }
  });

  test("a number with many digits is not accepted as a tag or text", () => {
    const long = "1234567890123456789";
    const parse = (json: string) => () => parseEnvelopeBatch(`{"batch":[${json}]}`);
    expect(parse(`{"tags":{"a":${long}}}`)).toThrow('tags["a"] must be a string');
    expect(parse(`{"tags":{"a":["${long}"]}}`)).toThrow('tags["a"] must be a string');
    expect(parse(`{"source_id":${long}}`)).toThrow("source_id must be a string");
    expect(parse(`{"log":{"payload":${long}}}`)).toThrow("payload must be base64");
    expect(parse(`{"timestamp":["${long}"]}`)).toThrow("timestamp must be an integer");
    expect(parse(`{"timestamp":{"\\u0000number":"${long}"}}`)).toThrow("must be an integer");
  });
});

test("parsing takes linear time", () => {
  const begin = performance.now();
  const piece = "1234567890.".repeat(50_000);
  for (const json of [
    `{"batch":[{"tags":{"a":${JSON.stringify(piece)}}}]}`,
    `{"batch":[{"tags":{"a":${JSON.stringify(': \\"'.repeat(200_000))}},"timestamp":1234567890123456789}]}`,
    `{"batch":[{"timestamp":${"0".repeat(500_000)}}]}`,
    `{"batch":[{"timestamp":"${"0".repeat(500_000)}x"}]}`,
    `{"batch":[{"timestamp":1${"0".repeat(500_000)}}]}`,
    `{"batch":[{"timestamp":0.${"0".repeat(500_000)}1e500001}]}`,
    `{"batch":[${'{"timestamp":"1","source_id":"'.repeat(50_000)}`,
    `{"batch":[{"timestamp":"1","source_id":"","instance_id":"","deprecated_tags":{},"tags":{${'"a":"b",'.repeat(50_000)}`,
    `{"batch":[{"timestamp":"1","source_id":"","instance_id":"","deprecated_tags":{},"tags":{},"gauge":{${"{".repeat(500_000)}`,
  ]) {
    outcome(json);
  }
  expect(performance.now() - begin).toBeLessThan(10_000);
});

test("errors contain no control characters of the text", () => {
  for (const text of ["\u001b[2J", '{"batch":[\u001b[2J', '{"batch":[{"\u001b[2J":\u009b}]}']) {
    const message = outcome(text);
    expect(message).toBe("invalid JSON");
    expect(() => parseEnvelopeBatch(text)).toThrow(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not occur.
      /^[^\0-\x1f\x7f-\x9f]*$/,
    );
  }
  expect(() => parseEnvelopeBatch('{"batch":[{"tags":{"\\u001b[2J":1}}]}')).toThrow(
    'batch[0].tags["\\u001b[2J"] must be a string, got 1',
  );
});
