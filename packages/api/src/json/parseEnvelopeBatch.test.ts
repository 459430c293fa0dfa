import { describe, expect, test } from "vitest";
import { typeError } from "../../testing/errors.js";
import {
  counterEnvelope,
  type Envelope,
  EnvelopeDecodeError,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
  timerEnvelope,
} from "../index.js";

const empty: Envelope = {
  timestamp: 0n,
  sourceId: "",
  instanceId: "",
  deprecatedTags: {},
  tags: {},
  message: undefined,
};
/** The envelope that the JSON within the braces is. */
function parseOne(fields: string): Envelope {
  const { batch } = parseEnvelopeBatch(`{"batch":[{${fields}}]}`);
  expect(batch).toHaveLength(1);
  return batch[0] as Envelope;
}
const messageOf = (fields: string) => parseOne(fields).message?.value;
const timestamp = (json: string) => parseOne(`"timestamp":${json}`).timestamp;
const delta = (json: string) => messageOf(`"counter":{"delta":${json}}`);
const metric = (json: string) => {
  const message = messageOf(`"gauge":{"metrics":{"m":{"value":${json}}}}`);
  return (message as { metrics: Record<string, { value: number }> }).metrics["m"]?.value;
};
const payload = (json: string) =>
  (messageOf(`"log":{"payload":${json}}`) as { payload: Uint8Array }).payload;

test("an event of a real gateway is read", () => {
  const text =
    '{"batch":[{"timestamp":"1795363066942000000", "source_id":"ts-app", "instance_id":"0", "deprecated_tags":{}, "tags":{"deployment":"cf", "origin":"x"}, "gauge":{"metrics":{"cpu":{"unit":"p", "value":"NaN"}}}}]}';
  expect(parseEnvelopeBatch(text)).toEqual({
    batch: [
      gaugeEnvelope(
        { cpu: { unit: "p", value: Number.NaN } },
        {
          timestamp: 1_795_363_066_942_000_000n,
          sourceId: "ts-app",
          instanceId: "0",
          tags: { deployment: "cf", origin: "x" },
        },
      ),
    ],
  });
});

test("every type of message is read", () => {
  expect(messageOf('"log":{"payload":"aGk=","type":"ERR"}')).toEqual(
    logEnvelope("hi").message.value,
  );
  expect(messageOf('"counter":{"name":"c","delta":"2","total":"3"}')).toEqual({
    name: "c",
    delta: 2n,
    total: 3n,
  });
  expect(messageOf('"timer":{"name":"t","start":"-1","stop":"2"}')).toEqual(
    timerEnvelope("t", -1n, 2n).message.value,
  );
  expect(messageOf('"event":{"title":"t","body":"b"}')).toEqual({ title: "t", body: "b" });
  expect(
    parseOne(
      '"deprecated_tags":{"a":{"text":"t"},"b":{"integer":"1"},"c":{"decimal":0.5},"d":{},"e":{"text":""}}',
    ).deprecatedTags,
  ).toEqual({
    a: { data: { $case: "text", value: "t" } },
    b: { data: { $case: "integer", value: 1n } },
    c: { data: { $case: "decimal", value: 0.5 } },
    d: { data: undefined },
    e: { data: { $case: "text", value: "" } },
  });
});

test("the names of older gateways are accepted", () => {
  expect(parseOne('"sourceId":"s","instanceId":"1","deprecatedTags":{"a":{"text":"t"}}')).toEqual({
    ...empty,
    sourceId: "s",
    instanceId: "1",
    deprecatedTags: { a: { data: { $case: "text", value: "t" } } },
  });
});

test("missing fields and null stand for the default", () => {
  expect(parseEnvelopeBatch("{}")).toEqual({ batch: [] });
  expect(parseEnvelopeBatch('{"batch":null}')).toEqual({ batch: [] });
  expect(parseOne("")).toEqual(empty);
  const nulls = ["timestamp", "source_id", "instance_id", "deprecated_tags", "tags", "log", "event"]
    .map((name) => `"${name}":null`)
    .join();
  expect(parseOne(nulls)).toEqual(empty);
  expect(messageOf('"log":{"payload":null,"type":null},"event":null')).toEqual({
    payload: new Uint8Array(),
    type: 0,
  });
  expect(messageOf('"counter":{"name":null,"delta":null,"total":null}')).toEqual({
    name: "",
    delta: 0n,
    total: 0n,
  });
  expect(messageOf('"gauge":{"metrics":null}')).toEqual({ metrics: {} });
  expect(messageOf('"gauge":{"metrics":{"m":{"unit":null,"value":null}}}')).toEqual({
    metrics: { m: { unit: "", value: 0 } },
  });
  expect(parseOne('"deprecated_tags":{"a":{"text":null,"integer":"1"}}').deprecatedTags).toEqual({
    a: { data: { $case: "integer", value: 1n } },
  });
});

describe("64-bit integers", () => {
  test.each<[string, bigint]>([
    ['"9223372036854775807"', 2n ** 63n - 1n],
    ['"-9223372036854775808"', -(2n ** 63n)],
    ['"-0"', 0n],
    ["-0", 0n],
    ["12", 12n],
    ["-12", -12n],
    // More digits than a JavaScript number holds.
    ["9007199254740993", 9_007_199_254_740_993n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["\t9223372036854775807 ", 2n ** 63n - 1n],
    // Forms that protojson reads too, as long as the number is whole.
    ["1e3", 1000n],
    ['"1e3"', 1000n],
    ['"1.5E+1"', 15n],
    ['"1.50e1"', 15n],
    ['"100e-2"', 1n],
    ["1.0", 1n],
    ['"0.1e1"', 1n],
    ["1e18", 10n ** 18n],
    ["1.23456789012345e18", 1_234_567_890_123_450_000n],
    ["123456789012345e4", 1_234_567_890_123_450_000n],
    ['"9.223372036854775807e18"', 2n ** 63n - 1n],
    ["9.223372036854775807e18", 2n ** 63n - 1n],
    ["9223372036854775807.0", 2n ** 63n - 1n],
    ['"0e99999999999"', 0n],
    ["-0.00000000000000000", 0n],
  ])("of the form %s keep every digit", (json, expected) => {
    expect(timestamp(json)).toBe(expected);
  });

  test("without a sign reach 2^64 - 1", () => {
    for (const json of ["18446744073709551615", '"18446744073709551615"']) {
      expect(delta(json)).toMatchObject({ delta: 2n ** 64n - 1n });
    }
    expect(delta("1.8446744073709551615e19")).toMatchObject({ delta: 2n ** 64n - 1n });
  });

  test.each([
    ["9223372036854775808", "an int64, got 9223372036854775808n"],
    ['"9223372036854775808"', 'an int64, got "9223372036854775808"'],
    ['"-9223372036854775809"', 'an int64, got "-9223372036854775809"'],
    ['"1e19"', 'an int64, got "1e19"'],
    ['"1e2147483648"', 'an integer, got "1e2147483648"'],
    ["1e400", "an integer, got Infinity"],
    ["1.5", "an integer, got 1.5"],
    ['"1.5"', 'an integer, got "1.5"'],
    ['"15e-1"', 'an integer, got "15e-1"'],
    ['"1e-400"', 'an integer, got "1e-400"'],
    ['"01"', 'an integer, got "01"'],
    ['"-01"', 'an integer, got "-01"'],
    ['"+1"', 'an integer, got "+1"'],
    ['" 1"', 'an integer, got " 1"'],
    ['"1,2"', 'an integer, got "1,2"'],
    ['"1n"', 'an integer, got "1n"'],
    ['"0x10"', 'an integer, got "0x10"'],
    ['""', 'an integer, got ""'],
    ['"NaN"', 'an integer, got "NaN"'],
    ["true", "an integer, got true"],
    ["[1]", "an integer, got an array"],
    ["{}", "an integer, got an object"],
  ])("are rejected in the form %s", (json, message) => {
    expect(() => timestamp(json)).toThrow(
      new EnvelopeDecodeError(`batch[0].timestamp must be ${message}`),
    );
  });

  test("without a sign are rejected if they are negative or above 2^64 - 1", () => {
    for (const json of ["-1", '"-1"', '"18446744073709551616"', "18446744073709551616"]) {
      expect(() => delta(json)).toThrow(/^batch\[0\]\.counter\.delta must be a uint64, got /);
    }
  });
});

describe("long numbers in other places", () => {
  test("are text inside text, also beside a long number", () => {
    const text = String.raw`a\": 12345678901234567, \\`;
    const envelope = parseOne(
      `"timestamp":1234567890123456789,"source_id":"${text}","tags":{"${text}":": 12345678901234567"}`,
    );
    expect(envelope).toEqual({
      ...empty,
      timestamp: 1_234_567_890_123_456_789n,
      sourceId: 'a": 12345678901234567, \\',
      tags: { 'a": 12345678901234567, \\': ": 12345678901234567" },
    });
  });

  test("are not text, base64, a message or an enum", () => {
    const got = "got 1234567890123456789n";
    const fields = (json: string) => () => parseOne(json);
    const long = "1234567890123456789";
    expect(fields(`"source_id":${long}`)).toThrow(`source_id must be a string, ${got}`);
    expect(fields(`"tags":{"a":${long}}`)).toThrow(`tags["a"] must be a string, ${got}`);
    expect(fields(`"log":${long}`)).toThrow(`batch[0].log must be an object, ${got}`);
    expect(fields(`"log":{"payload":${long}}`)).toThrow(`payload must be base64, ${got}`);
    expect(fields(`"log":{"type":${long}}`)).toThrow(`log.type must be "OUT", "ERR" or a n`);
  });

  test("are doubles where doubles are expected", () => {
    expect(metric("12345678901234567890")).toBe(Number("12345678901234567890"));
    expect(metric("0.12345678901234567")).toBe(Number("0.12345678901234567"));
    expect(metric("1.2345678901234567e+30")).toBe(Number("1.2345678901234567e30"));
    expect(metric("1.5000000000000000000e-7")).toBe(1.5e-7);
    expect(metric("-0.00000000000000000e1")).toBe(-0);
  });

  test("do not lose keys named __proto__", () => {
    const { tags } = parseOne('"timestamp":1234567890123456789,"tags":{"__proto__":"a"}');
    expect(Object.entries(tags)).toEqual([["__proto__", "a"]]);
  });

  test("are found in a text of megabytes", () => {
    const line = 'x\\"'.repeat(2_000_000);
    const envelope = parseOne(`"timestamp":1234567890123456789,"source_id":"${line}"`);
    expect(envelope.timestamp).toBe(1_234_567_890_123_456_789n);
    expect(envelope.sourceId).toHaveLength(4_000_000);
  });
});

describe("doubles", () => {
  test.each<[string, number]>([
    ["1.5", 1.5],
    ['"1.5"', 1.5],
    ['"-1.5E+2"', -150],
    ["-0", -0],
    ['"-0"', -0],
    ['"NaN"', Number.NaN],
    ['"Infinity"', Number.POSITIVE_INFINITY],
    ['"-Infinity"', Number.NEGATIVE_INFINITY],
    ["5e-324", 5e-324],
    ["1e-400", 0],
    ["1.7976931348623157e308", Number.MAX_VALUE],
  ])("of the form %s are accepted", (json, expected) => {
    expect(metric(json)).toBe(expected);
  });

  test.each([
    ["1e400", "Infinity"],
    ['"1e400"', '"1e400"'],
    ["-1e400", "-Infinity"],
    ['"nan"', '"nan"'],
    ['"-NaN"', '"-NaN"'],
    ['"+Infinity"', '"+Infinity"'],
    ['"1."', '"1."'],
    ['".5"', '".5"'],
    ['" 1"', '" 1"'],
    ['""', '""'],
    ["true", "true"],
    ["[]", "an array"],
  ])("are rejected in the form %s", (json, got) => {
    expect(() => metric(json)).toThrow(
      new EnvelopeDecodeError(`batch[0].gauge.metrics["m"].value must be a double, got ${got}`),
    );
  });
});

describe("bytes", () => {
  test.each(['"+/8="', '"-_8="', '"+/8"', '"-_8"', String.raw`"\u002b\/8="`])(
    "are read from base64 of the form %s",
    (json) => {
      expect(payload(json)).toEqual(Uint8Array.of(0xfb, 0xff));
    },
  );

  test.each(['"A"', '"QUI=QUI="', '"QQ=="  ,"payload":"Q==="', '"+A-A"', '"QU\\nD"', "5", "[]"])(
    "are rejected in the form %s",
    (json) => {
      expect(() => payload(json)).toThrow(/^batch\[0\]\.log\.payload must be base64, got /);
    },
  );
});

describe("a log's type", () => {
  const type = (json: string) => messageOf(`"log":{"type":${json}}`);

  test.each<[string, number]>([
    ['"OUT"', 0],
    ['"ERR"', 1],
    ["1", 1],
    ["1.0", 1],
    ["-0", 0],
    ["7", 7],
    ["-2147483648", -(2 ** 31)],
  ])("is %s by name or number", (json, expected) => {
    expect(type(json)).toMatchObject({ type: expected });
  });

  test.each(['"out"', '"1"', "1.5", "2147483648", "true", "{}"])("is rejected as %s", (json) => {
    expect(() => type(json)).toThrow(
      /^batch\[0\]\.log\.type must be "OUT", "ERR" or a number, got /,
    );
  });
});

describe("names", () => {
  test("that are unknown are ignored, at every level", () => {
    const unknown = '"unknown":[{"a":1},null],"__proto__":{"timestamp":"1"},"@type":"x"';
    const text = `{${unknown},"batch":[{${unknown},"log":{${unknown}},"deprecated_tags":{"a":{${unknown}}}},{"gauge":{${unknown},"metrics":{"m":{${unknown}}}}}]}`;
    expect(parseEnvelopeBatch(text).batch).toEqual([
      {
        ...empty,
        deprecatedTags: { a: { data: undefined } },
        message: { $case: "log", value: { payload: new Uint8Array(), type: 0 } },
      },
      {
        ...empty,
        message: { $case: "gauge", value: { metrics: { m: { unit: "", value: 0 } } } },
      },
    ]);
  });

  test("of tags, deprecated tags and metrics may be those of inherited properties", () => {
    const { tags, deprecatedTags } = parseOne(
      '"tags":{"__proto__":"a","constructor":"b"},"deprecated_tags":{"__proto__":{"text":"c"}}',
    );
    expect(Object.entries(tags)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    expect(Object.entries(deprecatedTags)).toEqual([
      ["__proto__", { data: { $case: "text", value: "c" } }],
    ]);
    expect(Object.getPrototypeOf(deprecatedTags)).toBe(Object.prototype);
    const gauge = messageOf('"gauge":{"metrics":{"__proto__":{"value":1}}}') as {
      metrics: object;
    };
    expect(Object.entries(gauge.metrics)).toEqual([["__proto__", { unit: "", value: 1 }]]);
  });

  test("that are repeated: the last counts, as with JSON.parse", () => {
    expect(timestamp('"1","timestamp":"2"')).toBe(2n);
  });
});

describe("errors say where, what was expected and what was received", () => {
  test.each([
    ["null", "the batch must be an object, got null"],
    ["[]", "the batch must be an object, got an array"],
    ['{"batch":{}}', "batch must be an array, got an object"],
    ['{"batch":[{},null]}', "batch[1] must be an object, got null"],
    ['{"batch":[{"source_id":5}]}', "batch[0].source_id must be a string, got 5"],
    ['{"batch":[{"instanceId":[]}]}', "batch[0].instance_id must be a string, got an array"],
    ['{"batch":[{"tags":[]}]}', "batch[0].tags must be an object, got an array"],
    ['{"batch":[{"tags":{"a":null}}]}', 'batch[0].tags["a"] must be a string, got null'],
    [
      '{"batch":[{},{"deprecated_tags":{"a\\"b":null}}]}',
      'batch[1].deprecated_tags["a\\"b"] must be an object, got null',
    ],
    [
      '{"batch":[{"deprecated_tags":{"a":{"integer":"x"}}}]}',
      'batch[0].deprecated_tags["a"].integer must be an integer, got "x"',
    ],
    [
      '{"batch":[{"deprecated_tags":{"a":{"text":"x","integer":"1"}}}]}',
      'batch[0].deprecated_tags["a"] must have one of text, integer and decimal, got several',
    ],
    ['{"batch":[{"log":{},"event":{}}]}', "batch[0] must have one message, got both log and event"],
    ['{"batch":[{"log":"x"}]}', 'batch[0].log must be an object, got "x"'],
    ['{"batch":[{"counter":{"name":1}}]}', "batch[0].counter.name must be a string, got 1"],
    [
      '{"batch":[{"gauge":{"metrics":[]}}]}',
      "batch[0].gauge.metrics must be an object, got an array",
    ],
    [
      '{"batch":[{"gauge":{"metrics":{"m":1}}}]}',
      'batch[0].gauge.metrics["m"] must be an object, got 1',
    ],
    [
      '{"batch":[{"gauge":{"metrics":{"m":{"unit":1}}}}]}',
      'batch[0].gauge.metrics["m"].unit must be a string, got 1',
    ],
    ['{"batch":[{"timer":{"stop":"x"}}]}', 'batch[0].timer.stop must be an integer, got "x"'],
    ['{"batch":[{"event":{"body":{}}}]}', "batch[0].event.body must be a string, got an object"],
  ])("%s", (text, message) => {
    expect(() => parseEnvelopeBatch(text)).toThrow(new EnvelopeDecodeError(message));
  });

  test.each([
    "",
    "{",
    "hello",
    '{"batch":[]}x',
    "{'batch':[]}",
    '\ufeff{"batch":[]}',
    '{"batch":[01]}',
  ])("%j, which is not JSON, with the SyntaxError as the cause", (text) => {
    const error = errorOf(() => parseEnvelopeBatch(text));
    expect(error).toBeInstanceOf(EnvelopeDecodeError);
    expect(error.name).toBe("EnvelopeDecodeError");
    expect(error.message).toMatch(/^invalid JSON: ./);
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  test("a value that is not a string, as a TypeError", () => {
    expect(() => parseEnvelopeBatch(Buffer.from("{}") as unknown as string)).toThrow(
      typeError("text must be a string, got a Buffer"),
    );
  });
});

test("counters are what the builder makes of the same arguments", () => {
  const text =
    '{"batch":[{"timestamp":"5","source_id":"s","counter":{"name":"c","delta":"1","total":"0"}}]}';
  expect(parseEnvelopeBatch(text).batch).toEqual([
    counterEnvelope("c", { timestamp: 5n, sourceId: "s" }),
  ]);
});

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected the call to throw");
}
