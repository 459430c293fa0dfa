import { batches, int64, withoutUnknownFields } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { rangeError, typeError } from "../../testing/errors.js";
import {
  counterEnvelope,
  decodeEnvelopeBatch,
  Envelope,
  encodeEnvelopeBatch,
  eventEnvelope,
  formatEnvelope,
  formatEnvelopeBatch,
  gaugeEnvelope,
  type LogEnvelope,
  logEnvelope,
  logText,
  newEnvelope,
  parseEnvelopeBatch,
  timerEnvelope,
  toDate,
  toJson,
} from "../index.js";

/** An envelope of each kind that is not a log. */
const others: readonly Envelope[] = [
  counterEnvelope("c", { timestamp: 1_999_999n }),
  gaugeEnvelope({ g: { value: 1 } }, { timestamp: 1_999_999n }),
  timerEnvelope("t", 1n, 2n, { timestamp: 1_999_999n }),
  eventEnvelope("t", "b", { timestamp: 1_999_999n }),
];

describe("logText", () => {
  test.each([
    [undefined, "envelope must be an object, got undefined"],
    [null, "envelope must be an object, got null"],
    ["a log", 'envelope must be an object, got "a log"'],
    [[], "envelope must be an object, got an array"],
  ])("rejects %j", (envelope, message) => {
    expect(() => logText(envelope as never)).toThrow(typeError(message));
  });

  test("returns the payload as unchanged text", () => {
    for (const text of ["", "GET / 200", "日本語 😀", "\ufeffbom", "line\r\n", "\u0000"]) {
      expect(logText(logEnvelope(text))).toBe(text);
    }
  });

  test("has U+FFFD for bytes that are not UTF-8", () => {
    expect(logText(logEnvelope(Uint8Array.of(0x61, 0xff, 0x62)))).toBe("a\ufffdb");
  });

  test("is undefined for other envelopes", () => {
    for (const envelope of others) {
      expect(logText(envelope)).toBe(undefined);
    }
    expect(logText({ ...counterEnvelope("c"), message: undefined })).toBe(undefined);
    expectTypeOf((envelope: Envelope) => logText(envelope)).returns.toEqualTypeOf<
      string | undefined
    >();
    expectTypeOf((log: LogEnvelope) => logText(log)).returns.toEqualTypeOf<string>();
  });
});

describe("toDate", () => {
  test.each([
    [0n, 0],
    [1_795_363_066_942_999_999n, 1_795_363_066_942],
    [999_999n, 0],
    [1_000_000n, 1],
    [-1n, -1],
    [-1_000_000n, -1],
    [-1_000_001n, -2],
    [2n ** 63n - 1n, 9_223_372_036_854],
    [-(2n ** 63n), -9_223_372_036_855],
  ])("%d ns is %d ms", (timestamp, milliseconds) => {
    expect(toDate(logEnvelope("", { timestamp })).getTime()).toBe(milliseconds);
    expect(toDate(timestamp).getTime()).toBe(milliseconds);
  });

  test.each([undefined, null, {}])("rejects %o, which has no timestamp", (time) => {
    expect(() => toDate(time as never)).toThrow(
      "timestamp must be a bigint (UNIX nanoseconds) or a Date, got undefined",
    );
  });

  test("returns the Date that was passed", () => {
    const date = new Date(1_795_363_066_942);
    expect(toDate(logEnvelope("", { timestamp: date }))).toEqual(date);
    const timer = timerEnvelope("t", date, new Date(0));
    expect(toDate(timer.message.value.start)).toEqual(date);
  });

  test("is never later than the timestamp, and at most a millisecond earlier", () => {
    fc.assert(
      fc.property(int64, (timestamp) => {
        const left = timestamp - BigInt(toDate(timestamp).getTime()) * 1_000_000n;
        expect(left >= 0n && left < 1_000_000n).toBe(true);
      }),
    );
  });

  test("converts the timestamp of each kind of envelope", () => {
    for (const envelope of others) {
      expect(toDate(envelope)).toEqual(new Date(1));
    }
  });

  test("rejects values without a timestamp", () => {
    expect(() => toDate({} as never)).toThrow("timestamp must be a bigint");
    expect(() => toDate(2n ** 63n)).toThrow(RangeError);
  });
});

describe("one envelope as JSON", () => {
  const log = logEnvelope("hi", { sourceId: "orders", timestamp: 5n, tags: { a: "b" } });
  const json =
    '{"timestamp":"5","source_id":"orders","tags":{"a":"b"},"log":{"payload":"aGk=","type":"ERR"}}';

  test("formatEnvelope returns the JSON in a batch of one", () => {
    expect(formatEnvelope(log)).toBe(json);
    fc.assert(
      fc.property(batches(), fc.boolean(), ({ batch }, emitUnpopulated) => {
        for (const envelope of batch) {
          const text = formatEnvelope(envelope, { emitUnpopulated });
          expect(formatEnvelopeBatch({ batch: [envelope] }, { emitUnpopulated })).toBe(
            `{"batch":[${text}]}`,
          );
          expect(toJson(envelope, { emitUnpopulated })).toEqual(JSON.parse(text));
          const parsed = parseEnvelopeBatch(`{"batch":[${text}]}`).batch[0];
          expect(parsed).toEqual(withoutUnknownFields(envelope));
        }
      }),
    );
  });

  test("toJson returns a plain object that JSON.stringify accepts", () => {
    expect(JSON.stringify(toJson(log))).toBe(json);
    expect(toJson(log).timestamp).toBe("5");
    expect(toJson(logEnvelope("", { timestamp: 0n }), { emitUnpopulated: true })).toEqual({
      timestamp: "0",
      source_id: "",
      instance_id: "",
      deprecated_tags: {},
      tags: {},
      log: { payload: "", type: "ERR" },
    });
  });

  test("toJson accepts copies of envelopes", () => {
    expect(toJson({ ...log })).toEqual(JSON.parse(json));
    expect(toJson(structuredClone(log))).toEqual(JSON.parse(json));
  });

  test.each([
    ["a builder", [log, counterEnvelope("c", { total: 2n ** 64n - 1n })]],
    ["other builders", [gaugeEnvelope({}), timerEnvelope("t", 1n, 2n), eventEnvelope("t", "b")]],
    ["newEnvelope", [newEnvelope(1n, "s", "0", {}, {}, undefined)]],
    ["Envelope.create", [Envelope.create(), Envelope.fromPartial({ timestamp: 5n })]],
    ["decodeEnvelopeBatch", decodeEnvelopeBatch(encodeEnvelopeBatch({ batch: [log] })).batch],
    ["Envelope.decode", [Envelope.decode(Envelope.encode(log).finish())]],
    ["parseEnvelopeBatch", parseEnvelopeBatch(`{"batch":[${json}]}`).batch],
    [
      "parseEnvelopeBatch, the gateway's form",
      parseEnvelopeBatch(
        formatEnvelopeBatch({ batch: [log, counterEnvelope("c")] }, { emitUnpopulated: true }),
      ).batch,
    ],
  ])("JSON.stringify accepts envelopes created by %s, alone and nested", (_, envelopes) => {
    for (const envelope of envelopes) {
      const json: unknown = JSON.parse(formatEnvelope(envelope));
      expect(JSON.parse(JSON.stringify(envelope))).toEqual(json);
      expect(JSON.parse(JSON.stringify({ level: 30, envelope }))).toEqual({
        level: 30,
        envelope: json,
      });
    }
    expect(JSON.parse(JSON.stringify({ batch: envelopes }))).toEqual(
      JSON.parse(formatEnvelopeBatch({ batch: [...envelopes] })),
    );
  });

  test("JSON.stringify returns the same as toJson for every envelope", () => {
    fc.assert(
      fc.property(batches(), ({ batch }) => {
        for (const { timestamp, sourceId, instanceId, deprecatedTags, tags, message } of batch) {
          const made = newEnvelope(timestamp, sourceId, instanceId, deprecatedTags, tags, message);
          expect(JSON.parse(JSON.stringify(made))).toEqual(
            JSON.parse(JSON.stringify(toJson(made))),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test("envelopes look like plain objects except for toJSON", () => {
    const { timestamp, sourceId, instanceId, deprecatedTags, tags, message } = log;
    const plain = { timestamp, sourceId, instanceId, deprecatedTags, tags, message };
    expect(log).toStrictEqual(plain);
    expect(structuredClone(log)).toStrictEqual(plain);
    expect({ ...log }).toStrictEqual(plain);
    expect(Object.keys(log)).toEqual(Object.keys(plain));
    const names: string[] = [];
    for (const name in log) {
      names.push(name);
    }
    expect(names).toEqual(Object.keys(plain));
    expect(log.constructor).toBe(Object);
  });

  test.each([
    ["the type undefined", undefined, typeError("envelope must be an object, got undefined")],
    ["no bigint", { ...log, timestamp: 5 }, "timestamp must be a bigint"],
    ["a large bigint", { ...log, timestamp: 2n ** 63n }, "timestamp must be UNIX nanoseconds"],
    ["no text", { ...log, sourceId: 5 }, typeError("sourceId must be a string, got 5")],
    ["no tags", { ...log, tags: [] }, typeError("tags must be an object of strings, got an array")],
    ["the last tag", { ...log, tags: { a: "", b: 1 } }, 'tags["b"] must be a string, got 1'],
    ["no message", { ...log, message: 5 }, typeError("message must be an object, got 5")],
    [
      "another message",
      { ...log, message: { $case: "constructor", value: {} } },
      'message.$case must be "log", "counter", "gauge", "timer" or "event", got "constructor"',
    ],
    [
      "no payload",
      { ...log, message: { $case: "log", value: { payload: "x", type: 0 } } },
      'log.payload must be a Uint8Array, got "x"',
    ],
    [
      "a negative delta",
      { ...log, message: { $case: "counter", value: { name: "", delta: -1n, total: 0n } } },
      rangeError("counter.delta must be an integer from 0 to 2^64 - 1, got -1n"),
    ],
    [
      "the last metric",
      { ...log, message: { $case: "gauge", value: { metrics: { a: { value: 1 }, b: {} } } } },
      typeError('metrics["b"].value must be a number, got undefined'),
    ],
    [
      "the last deprecated tag",
      { ...log, deprecatedTags: { a: {}, b: { data: { $case: "integer", value: 1 } } } },
      'deprecatedTags["b"] must be a bigint',
    ],
  ])("rejects an envelope with %s", (_, envelope, error) => {
    expect(() => formatEnvelope(envelope as never)).toThrow(error as Error);
    expect(() => toJson(envelope as never)).toThrow(error as Error);
  });

  test("treats undefined fields as their defaults", () => {
    const message = log.message;
    expect(formatEnvelope({ message } as never)).toBe('{"log":{"payload":"aGk=","type":"ERR"}}');
  });

  test("names the position of an invalid envelope in a batch", () => {
    expect(() => formatEnvelopeBatch({ batch: [log, null as never] })).toThrow(
      typeError("batch[1] must be an object, got null"),
    );
  });
});
