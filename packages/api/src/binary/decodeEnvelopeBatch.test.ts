import { batches, withoutEmptyUnknownFields } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { typeError } from "../../testing/errors.js";
import { EnvelopeBatch as Generated } from "../gen/loggregator/v2/envelope.js";
import {
  counterEnvelope,
  type Envelope,
  type EnvelopeBatch,
  EnvelopeDecodeError,
  eventEnvelope,
  gaugeEnvelope,
  isLog,
  logEnvelope,
  timerEnvelope,
} from "../index.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope, encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

// The bytes here are written by hand: field number << 3 | wire type, then the value.
const bytes = (...parts: (number | string | readonly number[])[]): number[] =>
  parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part)] : part));
/** A field with its length before it. */
const field = (tag: number, ...parts: Parameters<typeof bytes>): number[] => {
  const value = bytes(...parts);
  return [tag, ...varint(value.length), ...value];
};
const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
const batchOf = (...envelope: Parameters<typeof bytes>) =>
  Uint8Array.from(field(0x0a, ...envelope));
const decodeOne = (...envelope: Parameters<typeof bytes>): Envelope => {
  const { batch } = decodeEnvelopeBatch(batchOf(...envelope));
  expect(batch).toHaveLength(1);
  return batch[0] as Envelope;
};
const empty: Envelope = {
  timestamp: 0n,
  sourceId: "",
  instanceId: "",
  deprecatedTags: {},
  tags: {},
  message: undefined,
};

describe("an encoded batch", () => {
  test("decodes to the same batch", () => {
    fc.assert(
      fc.property(batches(), (batch) => {
        expect(decodeEnvelopeBatch(encodeEnvelopeBatch(batch))).toEqual(batch);
        for (const envelope of batch.batch) {
          expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("decodes to what the generated decoder reads", () => {
    fc.assert(
      fc.property(batches(), (batch) => {
        const encoded = encodeEnvelopeBatch(batch);
        const generated = withoutEmptyUnknownFields(Generated.decode(encoded));
        expect(withoutProto(decodeEnvelopeBatch(encoded))).toEqual(withoutProto(generated));
      }),
      { numRuns: 300 },
    );
  });

  test("decodes the same in any order of different fields", () => {
    const fields = [
      bytes(0x08, 5),
      field(0x12, "source"),
      field(0x42, "instance"),
      field(0x4a, field(0x12, "v"), field(0x0a, "k")),
      field(0x22, 0x10, 1, field(0x0a, "line")),
    ];
    const expected = decodeOne(...fields);
    expect(expected).toEqual({
      timestamp: 5n,
      sourceId: "source",
      instanceId: "instance",
      deprecatedTags: {},
      tags: { k: "v" },
      message: { $case: "log", value: { payload: Uint8Array.from(Buffer.from("line")), type: 1 } },
    });
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (shuffled) => {
        expect(decodeOne(...shuffled)).toEqual(expected);
      }),
    );
  });
});

describe("malformed bytes", () => {
  const sample: EnvelopeBatch = {
    batch: [
      logEnvelope("line", { tags: { a: "1", b: "日本" }, sourceType: "APP" }),
      counterEnvelope("requests", { total: 2n ** 64n - 1n, sourceId: "s".repeat(200) }),
      gaugeEnvelope({ cpu: { value: 0.5, unit: "p" }, memory: { value: 1 } }),
      timerEnvelope("http", 1n, 2n ** 63n - 1n, { instanceId: "0" }),
      {
        ...eventEnvelope("title", "body"),
        deprecatedTags: {
          a: { data: { $case: "text", value: "t" } },
          b: { data: { $case: "integer", value: -1n } },
          c: { data: { $case: "decimal", value: 1.5 } },
        },
        _unknownFields: {
          123: [Uint8Array.of(0x08, 1, 124)],
          130: [Uint8Array.of(3, 1, 2, 3)],
        },
      },
    ],
  };
  const valid = encodeEnvelopeBatch(sample);
  const refused = (input: Uint8Array): boolean => {
    try {
      const batch = decodeEnvelopeBatch(input);
      expect(decodeEnvelopeBatch(encodeEnvelopeBatch(batch))).toEqual(batch);
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(EnvelopeDecodeError);
      expect((error as Error).message).toMatch(/^byte \d+: expected .*, got |^byte \d+: expected /);
      return true;
    }
  };

  test("are rejected if they are cut anywhere but between envelopes", () => {
    const ends = new Set([0]);
    let end = 0;
    for (const envelope of sample.batch) {
      end += encodeEnvelopeBatch({ batch: [envelope] }).length;
      ends.add(end);
    }
    expect(end).toBe(valid.length);
    for (let length = 0; length <= valid.length; length++) {
      expect(refused(valid.subarray(0, length)), `${length} bytes`).toBe(!ends.has(length));
      // The bytes that follow in the same buffer must not be read.
      expect(refused(valid.slice(0, length)), `${length} bytes alone`).toBe(!ends.has(length));
    }
  });

  test("are decoded or rejected with a typed error: valid bytes with random changes", () => {
    const change = fc.record({ at: fc.nat(valid.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutated = valid.slice();
        for (const { at, to } of changes) {
          mutated[at] = to;
        }
        refused(mutated);
      }),
      { numRuns: 2000 },
    );
  });

  test("are decoded or rejected with a typed error: random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (input) => {
        refused(input);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, number[], string]>([
    ["field number 0", [0x02, 0], "byte 0: expected a field number from 1 to 2^29 - 1, got 0"],
    [
      "field number 2^29",
      [0x80, 0x80, 0x80, 0x80, 0x10, 0],
      "byte 0: expected a field number from 1 to 2^29 - 1, got 536870912",
    ],
    [
      "a field number of 61 bits",
      [...Array<number>(9).fill(0xf8), 0x01, 0],
      "byte 0: expected a field number from 1 to 2^29 - 1, got ",
    ],
    ["wire type 6", [0x0e], "byte 1: expected a wire type from 0 to 3 or 5, got 6"],
    ["wire type 7", [0x0f], "byte 1: expected a wire type from 0 to 3 or 5, got 7"],
    ["the end of no group", [0x0c], "byte 1: expected a wire type from 0 to 3 or 5, got 4"],
    ["the end of another group", [0x1b, 0x24], "expected the end of group 3, got that of 4"],
    ["a group without an end", [0x1b, 0x08, 1], "expected the rest of a varint, got the end"],
    [
      "a varint of 65 bits",
      field(0x0a, 0x08, Array<number>(9).fill(0xff), 2),
      "byte 3: expected a varint of 64 bits, got more",
    ],
    [
      "a varint of 11 bytes",
      field(0x0a, 0x08, Array<number>(10).fill(0x80), 0),
      "byte 3: expected a varint of 64 bits, got more",
    ],
    ["a length beyond the end", [0x0a, 5, 0x08], "byte 1: expected 5 bytes to follow, got 1"],
    [
      "a length beyond the end of its message",
      [...field(0x0a, 0x12, 3, "ab"), 0x0a, 0],
      "byte 3: expected 3 bytes to follow, got 2",
    ],
    ["a length of 2^32 and more", [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10], "expected "],
    [
      "a double of seven bytes",
      field(0x0a, field(0x32, field(0x0a, field(0x12, 0x11, 1, 2, 3, 4, 5, 6, 7)))),
      "expected 8 bytes to follow, got 7",
    ],
    ["a fixed32 of three bytes", [0x7d, 1, 2, 3], "expected 4 bytes to follow, got 3"],
    ["a fixed64 of seven bytes", [0x79, 1, 2, 3, 4, 5, 6, 7], "expected 8 bytes to follow, got 7"],
  ])("are rejected for %s", (_, input, message) => {
    const decode = () => decodeEnvelopeBatch(Uint8Array.from(input));
    expect(decode).toThrow(EnvelopeDecodeError);
    expect(decode).toThrow(message);
  });

  test("are rejected with a TypeError if they are not bytes", () => {
    for (const decode of [decodeEnvelopeBatch, decodeEnvelope]) {
      const bad = (value: unknown) => () => decode(value as Uint8Array);
      expect(bad("abc")).toThrow(typeError('bytes must be a Uint8Array, got "abc"'));
      expect(bad(new ArrayBuffer(4))).toThrow(
        typeError("bytes must be a Uint8Array, got an ArrayBuffer"),
      );
      expect(bad(undefined)).toThrow(TypeError);
    }
  });
});

describe("groups", () => {
  const nested = (depth: number) =>
    Uint8Array.from([...Array<number>(depth).fill(0x1b), ...Array<number>(depth).fill(0x1c)]);

  test("of every depth that the reference accepts are kept as unknown fields", () => {
    const input = nested(10_001);
    expect(decodeEnvelopeBatch(input)).toEqual({
      batch: [],
      _unknownFields: { 27: [input.subarray(1)] },
    });
    expect(encodeEnvelopeBatch(decodeEnvelopeBatch(input))).toEqual(input);
  });

  test("nested deeper are rejected", () => {
    for (const depth of [10_002, 1_000_000]) {
      expect(() => decodeEnvelopeBatch(nested(depth))).toThrow(EnvelopeDecodeError);
    }
  });

  test("hold fields of every wire type", () => {
    const group = bytes(
      bytes(0x08, 1),
      bytes(0x11, 1, 2, 3, 4, 5, 6, 7, 8),
      field(0x1a, "text"),
      bytes(0x2b, 0x2c),
      bytes(0x35, 1, 2, 3, 4),
    );
    const envelope = decodeOne(0x5b, group, 0x5c);
    expect(envelope).toEqual({
      ...empty,
      _unknownFields: { [0x5b]: [Uint8Array.from([...group, 0x5c])] },
    });
  });
});

describe("repeated fields", () => {
  test("of a single value: the last wins", () => {
    expect(decodeOne(0x08, 1, 0x08, 2, field(0x12, "a"), field(0x12, ""))).toEqual({
      ...empty,
      timestamp: 2n,
    });
  });

  test("of one message: the later is merged into the earlier", () => {
    const twice = (tag: number, first: number[], second: number[]) =>
      decodeOne(field(tag, first), field(tag, second)).message?.value;
    expect(twice(0x22, field(0x0a, "line"), [0x10, 1])).toEqual({
      payload: Uint8Array.from(Buffer.from("line")),
      type: 1,
    });
    expect(twice(0x2a, bytes(field(0x0a, "n"), 0x10, 1), [0x18, 2])).toEqual({
      name: "n",
      delta: 1n,
      total: 2n,
    });
    const metric = (name: string, value: number[]) =>
      field(0x0a, field(0x0a, name), field(0x12, value));
    expect(
      twice(
        0x32,
        bytes(metric("a", field(0x0a, "u")), metric("b", [])),
        metric("b", field(0x0a, "v")),
      ),
    ).toEqual({ metrics: { a: { unit: "u", value: 0 }, b: { unit: "v", value: 0 } } });
    expect(twice(0x3a, bytes(field(0x0a, "n"), 0x10, 1), [0x10, 3, 0x18, 2])).toEqual({
      name: "n",
      start: 3n,
      stop: 2n,
    });
    expect(twice(0x52, field(0x0a, "t"), bytes(field(0x12, "b"), 0x78, 1))).toEqual({
      title: "t",
      body: "b",
      _unknownFields: { [0x78]: [Uint8Array.of(1)] },
    });
  });

  test("of a oneof: the last member wins, and is not merged into one before it", () => {
    const log = (...parts: number[]) => field(0x22, parts);
    expect(decodeOne(log(0x10, 1), field(0x52, field(0x0a, "t")))).toEqual({
      ...empty,
      message: { $case: "event", value: { title: "t", body: "" } },
    });
    expect(decodeOne(log(0x10, 1), field(0x52), log())).toEqual({
      ...empty,
      message: { $case: "log", value: { payload: new Uint8Array(), type: 0 } },
    });
  });

  test("of a map: the last entry of a name wins", () => {
    const tag = (name: string, value: string) => field(0x4a, field(0x0a, name), field(0x12, value));
    expect(decodeOne(tag("a", "1"), tag("b", "2"), tag("a", "3")).tags).toEqual({ a: "3", b: "2" });
  });

  test("of a map entry: the last name and value count, messages are merged", () => {
    const tag = field(0x4a, field(0x0a, "x"), field(0x0a, "y"), field(0x12, "1"), field(0x12, "2"));
    expect(decodeOne(tag).tags).toEqual({ y: "2" });
    const metric = field(
      0x0a,
      field(0x12, field(0x0a, "unit")),
      field(0x0a, "m"),
      field(0x12, bytes(0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)),
    );
    expect(decodeOne(field(0x32, metric)).message?.value).toEqual({
      metrics: { m: { unit: "unit", value: 1 } },
    });
  });
});

describe("entries of maps", () => {
  test("may leave out name, value or both", () => {
    expect(decodeOne(field(0x4a), field(0x4a, field(0x0a, "a"))).tags).toEqual({ "": "", a: "" });
    expect(decodeOne(field(0x1a)).deprecatedTags).toEqual({ "": { data: undefined } });
    expect(decodeOne(field(0x32, field(0x0a))).message?.value).toEqual({
      metrics: { "": { unit: "", value: 0 } },
    });
  });

  test("may have the names of inherited properties", () => {
    const name = (text: string) => field(0x0a, text);
    const envelope = decodeOne(
      field(0x4a, name("__proto__"), field(0x12, "p")),
      field(0x4a, name("constructor"), field(0x12, "c")),
      field(0x1a, name("__proto__"), field(0x12, field(0x0a, "d"))),
      field(0x32, field(0x0a, name("__proto__"), field(0x12, field(0x0a, "u")))),
    );
    expect(Object.entries(envelope.tags)).toEqual([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    expect(Object.getPrototypeOf(envelope.tags)).toBe(Object.prototype);
    expect(Object.entries(envelope.deprecatedTags)).toEqual([
      ["__proto__", { data: { $case: "text", value: "d" } }],
    ]);
    const { message } = envelope;
    expect(message?.$case === "gauge" && Object.entries(message.value.metrics)).toEqual([
      ["__proto__", { unit: "u", value: 0 }],
    ]);
    expect(({} as Record<string, unknown>)["data"]).toBeUndefined();
  });

  test("are those of each envelope, however much they resemble those of the one before", () => {
    const tag = (name: string, value: string) => field(0x4a, field(0x0a, name), field(0x12, value));
    const [a, b, c] = [tag("a", "1"), tag("b", "2"), tag("c", "3")];
    const log = field(0x22, field(0x0a, "line"));
    const envelopes = [[a, b], [a, b], [a, b, log], [a, b, c], [a, b], [a], [a, b, log, c], [b, a]];
    const batch = envelopes.flatMap((fields) => field(0x0a, fields.flat()));
    const { batch: decoded } = decodeEnvelopeBatch(Uint8Array.from(batch));
    expect(decoded.map(({ tags }) => Object.keys(tags).join(""))).toEqual(
      envelopes.map((fields) => fields.map((part) => "abc"[[a, b, c].indexOf(part)]).join("")),
    );
    for (const { tags } of decoded) {
      tags["a"] = "changed";
    }
    expect(decodeOne(a, b).tags).toEqual({ a: "1", b: "2" });
  });

  test("skip fields that entries do not have", () => {
    const tag = field(0x4a, 0x18, 9, field(0x0a, "a"), 0x08, 1, 0x15, 1, 2, 3, 4, field(0x12, "b"));
    expect(decodeOne(tag).tags).toEqual({ a: "b" });
  });
});

describe("unknown fields", () => {
  const unknown = bytes(0x78, 7, field(0x7a, "x"), 0x78, 0x80, 0x01);
  const kept = {
    _unknownFields: {
      [0x78]: [Uint8Array.of(7), Uint8Array.of(0x80, 0x01)],
      [0x7a]: [Uint8Array.of(1, 0x78)],
    },
  };

  test("of the batch are kept", () => {
    expect(decodeEnvelopeBatch(Uint8Array.from(unknown))).toEqual({ batch: [], ...kept });
  });

  test.each<[string, number[], unknown]>([
    ["an envelope", unknown, kept],
    [
      "a deprecated tag",
      field(0x1a, field(0x12, unknown)),
      { deprecatedTags: { "": { data: undefined, ...kept } } },
    ],
    ["a log", field(0x22, unknown), { message: { $case: "log", value: kept } }],
    ["a counter", field(0x2a, unknown), { message: { $case: "counter", value: kept } }],
    ["a gauge", field(0x32, unknown), { message: { $case: "gauge", value: kept } }],
    [
      "a metric",
      field(0x32, field(0x0a, field(0x12, unknown))),
      { message: { $case: "gauge", value: { metrics: { "": kept } } } },
    ],
    ["a timer", field(0x3a, unknown), { message: { $case: "timer", value: kept } }],
    ["an event", field(0x52, unknown), { message: { $case: "event", value: kept } }],
  ])("of %s are kept, and written again", (_, input, expected) => {
    const envelope = decodeOne(input);
    expect(envelope).toMatchObject(expected as object);
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  test("include known numbers with another wire type", () => {
    const wrong = bytes(field(0x0a, "text"), 0x10, 1, 0x48, 2, 0x25, 1, 2, 3, 4);
    const envelope = decodeOne(wrong);
    expect(envelope).toEqual({
      ...empty,
      _unknownFields: {
        [0x0a]: [Uint8Array.from(bytes(4, "text"))],
        [0x10]: [Uint8Array.of(1)],
        [0x48]: [Uint8Array.of(2)],
        [0x25]: [Uint8Array.of(1, 2, 3, 4)],
      },
    });
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });
});

describe("numbers", () => {
  test("are decoded from varints that are longer than necessary", () => {
    expect(decodeOne(0x08, 0x81, 0x80, 0x00).timestamp).toBe(1n);
    // The tag itself, too.
    expect(decodeOne(0x88, 0x80, 0x00, 1).timestamp).toBe(1n);
    expect(decodeOne(0x92, 0x00, 0x81, 0x80, 0x00, "a").sourceId).toBe("a");
  });

  test("are read up to their limits", () => {
    const ones = Array<number>(9).fill(0xff);
    expect(decodeOne(0x08, ones, 1).timestamp).toBe(-1n);
    expect(decodeOne(0x08, Array<number>(9).fill(0x80), 1).timestamp).toBe(-(2n ** 63n));
    expect(decodeOne(field(0x2a, 0x10, ones, 1)).message?.value).toMatchObject({
      delta: 2n ** 64n - 1n,
    });
  });

  test("of an enum keep numbers without a name, cut to 32 bits", () => {
    const type = (...value: number[]) => decodeOne(field(0x22, 0x10, value)).message?.value;
    expect(type(7)).toMatchObject({ type: 7 });
    expect(type(...Array<number>(9).fill(0xff), 1)).toMatchObject({ type: -1 });
    expect(type(0x81, 0x80, 0x80, 0x80, 0x10)).toMatchObject({ type: 1 });
  });
});

describe("text", () => {
  test("keeps a byte order mark at its start", () => {
    const long = `\ufeff${"a".repeat(100)}`;
    expect(decodeOne(field(0x12, "\ufeffa"), field(0x42, long))).toMatchObject({
      sourceId: "\ufeffa",
      instanceId: long,
    });
  });

  test("that is not UTF-8 is decoded with U+FFFD", () => {
    const source = (...parts: number[]) => decodeOne(field(0x12, parts)).sourceId;
    expect(source(0x61, 0xff, 0x62)).toBe("a\ufffdb");
    expect(source(0xe6, 0x97)).toBe("\ufffd");
    // A surrogate has no place in UTF-8.
    expect(source(0xed, 0xa0, 0x80)).toBe("\ufffd\ufffd\ufffd");
    expect(source(...Array<number>(40).fill(0x61), 0xc0)).toBe(`${"a".repeat(40)}\ufffd`);
  });
});

describe("the input", () => {
  test("may be a Buffer, or a part of one, and comes out as plain Uint8Arrays", () => {
    const inner = batchOf(field(0x22, field(0x0a, "line")), field(0x7a, "unknown"));
    const buffer = Buffer.concat([Buffer.from("before"), inner, Buffer.from("behind")]);
    const [envelope] = decodeEnvelopeBatch(buffer.subarray(6, 6 + inner.length)).batch;
    if (envelope === undefined || !isLog(envelope)) {
      throw new Error("expected a log");
    }
    const { payload } = envelope.message.value;
    expect(payload.constructor).toBe(Uint8Array);
    expect(Buffer.from(payload).toString()).toBe("line");
    expect(envelope._unknownFields?.[0x7a]?.[0]?.constructor).toBe(Uint8Array);
    // No copy is made.
    expect(payload.buffer).toBe(buffer.buffer);
  });

  test("without bytes is empty", () => {
    expect(decodeEnvelopeBatch(new Uint8Array())).toEqual({ batch: [] });
    expect(decodeOne()).toEqual(empty);
  });
});

/** Without entries named __proto__, which the generated decoder loses. */
function withoutProto({ batch, ...rest }: EnvelopeBatch): EnvelopeBatch {
  const without = <T extends object>(entries: T) =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => key !== "__proto__")) as T;
  return {
    ...rest,
    batch: batch.map((envelope) => {
      const { message } = envelope;
      return {
        ...envelope,
        tags: without(envelope.tags),
        deprecatedTags: without(envelope.deprecatedTags),
        message:
          message?.$case === "gauge"
            ? { ...message, value: { ...message.value, metrics: without(message.value.metrics) } }
            : message,
      };
    }),
  };
}
