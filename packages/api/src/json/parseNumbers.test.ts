import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import { delta, messageOf, parseOne, timestamp } from "../../testing/parseOne.js";
import { EnvelopeDecodeError } from "../index.js";

const metric = (json: string) => {
  const message = messageOf(`"gauge":{"metrics":{"m":{"value":${json}}}}`);
  return (message as { metrics: Record<string, { value: number }> }).metrics["m"]?.value;
};

describe("64-bit integers", () => {
  test.each<[string, bigint]>([
    ['"9223372036854775807"', 2n ** 63n - 1n],
    ['"-9223372036854775808"', -(2n ** 63n)],
    ['"-0"', 0n],
    ["-0", 0n],
    ["12", 12n],
    ["-12", -12n],
    // More digits than a JavaScript number can hold.
    ["9007199254740993", 9_007_199_254_740_993n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["\t9223372036854775807 ", 2n ** 63n - 1n],
    // Forms that protojson accepts as well if the number is whole.
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

  test("that are unsigned may be up to 2^64 - 1", () => {
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

  test("that are unsigned are rejected if they are negative or above 2^64 - 1", () => {
    for (const json of ["-1", '"-1"', '"18446744073709551616"', "18446744073709551616"]) {
      expect(() => delta(json)).toThrow(/^batch\[0\]\.counter\.delta must be a uint64, got /);
    }
  });
});

describe("long numbers in other places", () => {
  test("remain text inside strings, even next to a long number", () => {
    const text = String.raw`a\": 12345678901234567, \\`;
    const envelope = parseOne(
      `"timestamp":1234567890123456789,"source_id":"${text}","tags":{"${text}":": 12345678901234567"}`,
    );
    expect(envelope).toEqual({
      ...emptyEnvelope,
      timestamp: 1_234_567_890_123_456_789n,
      sourceId: 'a": 12345678901234567, \\',
      tags: { 'a": 12345678901234567, \\': ": 12345678901234567" },
    });
  });

  test("are not accepted as text, base64, a message or an enum", () => {
    const got = "got 1234567890123456789n";
    const fields = (json: string) => () => parseOne(json);
    const long = "1234567890123456789";
    expect(fields(`"source_id":${long}`)).toThrow(`source_id must be a string, ${got}`);
    expect(fields(`"tags":{"a":${long}}`)).toThrow(`tags["a"] must be a string, ${got}`);
    expect(fields(`"log":${long}`)).toThrow(`batch[0].log must be an object, ${got}`);
    expect(fields(`"log":{"payload":${long}}`)).toThrow(`payload must be base64, ${got}`);
    expect(fields(`"log":{"type":${long}}`)).toThrow(`log.type must be "OUT", "ERR" or a n`);
  });

  test("are doubles if doubles are expected", () => {
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

  test("are found in a text of several megabytes", () => {
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
