import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import { errorOf } from "../../testing/errorOf.js";
import { typeError } from "../../testing/errors.js";
import { messageOf, parseOne, payload, timestamp } from "../../testing/parseOne.js";
import {
  counterEnvelope,
  EnvelopeDecodeError,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
  timerEnvelope,
} from "../index.js";

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
    ...emptyEnvelope,
    sourceId: "s",
    instanceId: "1",
    deprecatedTags: { a: { data: { $case: "text", value: "t" } } },
  });
});

test("missing fields and null have the default values", () => {
  expect(parseEnvelopeBatch("{}")).toEqual({ batch: [] });
  expect(parseEnvelopeBatch('{"batch":null}')).toEqual({ batch: [] });
  expect(parseOne("")).toEqual(emptyEnvelope);
  const nulls = ["timestamp", "source_id", "instance_id", "deprecated_tags", "tags", "log", "event"]
    .map((name) => `"${name}":null`)
    .join();
  expect(parseOne(nulls)).toEqual(emptyEnvelope);
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
        ...emptyEnvelope,
        deprecatedTags: { a: { data: undefined } },
        message: { $case: "log", value: { payload: new Uint8Array(), type: 0 } },
      },
      {
        ...emptyEnvelope,
        message: { $case: "gauge", value: { metrics: { m: { unit: "", value: 0 } } } },
      },
    ]);
  });

  test("of tags, deprecated tags and metrics may be names of inherited properties", () => {
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

  test("that are repeated have the last value, as with JSON.parse", () => {
    expect(timestamp('"1","timestamp":"2"')).toBe(2n);
  });
});

describe("errors contain the position, the expected and the received value", () => {
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
      'batch[0].deprecated_tags["a"] must not have both text and integer',
    ],
    ['{"batch":[{"log":{},"event":{}}]}', "batch[0] must not have both log and event"],
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

test("counters are equal to those of the builder", () => {
  const text =
    '{"batch":[{"timestamp":"5","source_id":"s","counter":{"name":"c","delta":"1","total":"0"}}]}';
  expect(parseEnvelopeBatch(text).batch).toEqual([
    counterEnvelope("c", { timestamp: 5n, sourceId: "s" }),
  ]);
});
