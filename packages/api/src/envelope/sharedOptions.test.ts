import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bad, rangeError, typeError } from "../../testing/errors.js";
import {
  counterEnvelope,
  type Envelope,
  type EnvelopeOptions,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "../index.js";

/** Every builder, called with the options that all share. */
const builders: [string, (options?: EnvelopeOptions) => Envelope][] = [
  ["logEnvelope", (options) => logEnvelope("line", options)],
  ["counterEnvelope", (options) => counterEnvelope("requests", options)],
  ["gaugeEnvelope", (options) => gaugeEnvelope({ cpu: { value: 1 } }, options)],
  ["timerEnvelope", (options) => timerEnvelope("http", 1n, 2n, options)],
  ["eventEnvelope", (options) => eventEnvelope("title", "body", options)],
];

describe.each(builders)("%s", (_, build) => {
  describe("without options", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
    afterEach(() => void vi.useRealTimers());

    test("returns the current time", () => {
      vi.setSystemTime(1_795_363_066_942);
      const { message, timestamp, ...rest } = build();
      expect(rest).toEqual({ sourceId: "", instanceId: "", deprecatedTags: {}, tags: {} });
      expect(timestamp / 1_000_000n).toBe(1_795_363_066_942n);
      expect(message).toBeDefined();
    });
  });

  test("accepts the options of all envelopes", () => {
    const options = { sourceId: "s", instanceId: "7", tags: { a: "b", "": "" }, timestamp: -5n };
    expect(build(options)).toMatchObject(options);
  });

  test("treats undefined options as missing", () => {
    const options = { sourceId: undefined, instanceId: undefined, tags: undefined };
    const { timestamp, ...rest } = build({ ...options, timestamp: undefined });
    expect(rest).toMatchObject({ sourceId: "", instanceId: "", tags: {} });
    expect(timestamp).toBeTypeOf("bigint");
  });

  test("accepts a Date as a timestamp", () => {
    const date = new Date("2026-11-22T12:00:00.123Z");
    expect(build({ timestamp: date }).timestamp).toBe(BigInt(date.getTime()) * 1_000_000n);
    expect(build({ timestamp: new Date(-1) }).timestamp).toBe(-1_000_000n);
  });

  test("accepts the limits of an int64 as a timestamp", () => {
    for (const timestamp of [2n ** 63n - 1n, -(2n ** 63n), 0n]) {
      expect(build({ timestamp }).timestamp).toBe(timestamp);
    }
  });

  test("copies the tags, including one named __proto__", () => {
    const tags = JSON.parse('{"__proto__":"a","b":"c"}') as Record<string, string>;
    const envelope = build({ tags });
    tags["b"] = "changed";
    expect(Object.entries(envelope.tags)).toEqual([
      ["__proto__", "a"],
      ["b", "c"],
    ]);
  });

  test.each<[EnvelopeOptions, Error]>([
    [bad(null), typeError("options must be an object, got null")],
    [bad("s"), typeError('options must be an object, got "s"')],
    [{ sourceId: bad(7) }, typeError("sourceId must be a string, got 7")],
    [{ sourceId: bad(null) }, typeError("sourceId must be a string, got null")],
    [{ instanceId: bad(7) }, typeError("instanceId must be a string, got 7")],
    [{ tags: bad("a=b") }, typeError('tags must be an object of strings, got "a=b"')],
    [{ tags: bad(null) }, typeError("tags must be an object of strings, got null")],
    [{ tags: bad(["a"]) }, typeError("tags must be an object of strings, got an array")],
    [{ tags: bad({ a: "", b: 5 }) }, typeError('tags["b"] must be a string, got 5')],
    [{ tags: bad({ a: undefined }) }, typeError('tags["a"] must be a string, got undefined')],
    [{ tags: bad({ a: {} }) }, typeError('tags["a"] must be a string, got an object')],
    [
      { timestamp: bad(5) },
      typeError("timestamp must be a bigint (UNIX nanoseconds) or a Date, got 5"),
    ],
    [
      { timestamp: bad("2026-11-22") },
      typeError('timestamp must be a bigint (UNIX nanoseconds) or a Date, got "2026-11-22"'),
    ],
    [
      { timestamp: new Date(Number.NaN) },
      rangeError("timestamp must be a valid Date, got an invalid Date"),
    ],
    [
      { timestamp: new Date(8.64e15) },
      rangeError(
        "timestamp must be UNIX nanoseconds in the range of an int64, got +275760-09-13T00:00:00.000Z",
      ),
    ],
    [
      { timestamp: 2n ** 63n },
      rangeError(
        "timestamp must be UNIX nanoseconds in the range of an int64, got 9223372036854775808n",
      ),
    ],
    [
      { timestamp: -(2n ** 63n) - 1n },
      rangeError(
        "timestamp must be UNIX nanoseconds in the range of an int64, got -9223372036854775809n",
      ),
    ],
  ])("rejects %o with the name and the value", (options, error) => {
    expect(() => build(options)).toThrow(error);
  });
});
