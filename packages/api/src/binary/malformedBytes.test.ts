import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import { typeError } from "../../testing/errors.js";
import { bytes, decodeOne, field } from "../../testing/wireBytes.js";
import {
  counterEnvelope,
  type EnvelopeBatch,
  EnvelopeDecodeError,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "../index.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

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

  test("are rejected if they are truncated anywhere except between envelopes", () => {
    const ends = new Set([0]);
    let end = 0;
    for (const envelope of sample.batch) {
      end += encodeEnvelopeBatch({ batch: [envelope] }).length;
      ends.add(end);
    }
    expect(end).toBe(valid.length);
    for (let length = 0; length <= valid.length; length++) {
      expect(refused(valid.subarray(0, length)), `${length} bytes`).toBe(!ends.has(length));
      // Bytes that follow in the same buffer must not be read.
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
    [
      "the end of a group without a start",
      [0x0c],
      "byte 1: expected a wire type from 0 to 3 or 5, got 4",
    ],
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

  test("can contain fields of every wire type", () => {
    const group = bytes(
      bytes(0x08, 1),
      bytes(0x11, 1, 2, 3, 4, 5, 6, 7, 8),
      field(0x1a, "text"),
      bytes(0x2b, 0x2c),
      bytes(0x35, 1, 2, 3, 4),
    );
    const envelope = decodeOne(0x5b, group, 0x5c);
    expect(envelope).toEqual({
      ...emptyEnvelope,
      _unknownFields: { [0x5b]: [Uint8Array.from([...group, 0x5c])] },
    });
  });
});
