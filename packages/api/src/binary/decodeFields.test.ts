import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import { bytes, decodeOne, field } from "../../testing/wireBytes.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope } from "./encodeEnvelopeBatch.js";

describe("repeated fields", () => {
  test("of a single value: the last wins", () => {
    expect(decodeOne(0x08, 1, 0x08, 2, field(0x12, "a"), field(0x12, ""))).toEqual({
      ...emptyEnvelope,
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
      ...emptyEnvelope,
      message: { $case: "event", value: { title: "t", body: "" } },
    });
    expect(decodeOne(log(0x10, 1), field(0x52), log())).toEqual({
      ...emptyEnvelope,
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
  test("may omit the name, the value or both", () => {
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

  test("are not mixed up between envelopes with similar tags", () => {
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
      ...emptyEnvelope,
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
