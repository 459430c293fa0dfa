import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  type Counter,
  type CounterEnvelope,
  type CounterOptions,
  counterEnvelope,
  type Envelope,
  type EnvelopeOptions,
  type Event,
  type EventEnvelope,
  eventEnvelope,
  type Gauge,
  type GaugeEnvelope,
  gaugeEnvelope,
  type Log,
  Log_Type,
  type LogEnvelope,
  type LogOptions,
  logEnvelope,
  type Timer,
  type TimerEnvelope,
  timerEnvelope,
} from "../index.js";

const utf8 = new TextEncoder();
/** What TypeScript would not let pass, and JavaScript does. */
const bad = <T>(value: unknown) => value as T;

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

    test("gives the present moment, and nothing else", () => {
      vi.setSystemTime(1_795_363_066_942);
      const { message, timestamp, ...rest } = build();
      expect(rest).toEqual({ sourceId: "", instanceId: "", deprecatedTags: {}, tags: {} });
      expect(timestamp / 1_000_000n).toBe(1_795_363_066_942n);
      expect(message).toBeDefined();
    });
  });

  test("takes what all envelopes can be given", () => {
    const options = { sourceId: "s", instanceId: "7", tags: { a: "b", "": "" }, timestamp: -5n };
    expect(build(options)).toMatchObject(options);
  });

  test("takes undefined as left out", () => {
    const options = { sourceId: undefined, instanceId: undefined, tags: undefined };
    const { timestamp, ...rest } = build({ ...options, timestamp: undefined });
    expect(rest).toMatchObject({ sourceId: "", instanceId: "", tags: {} });
    expect(timestamp).toBeTypeOf("bigint");
  });

  test("takes a Date, in milliseconds, for a timestamp", () => {
    const date = new Date("2026-11-22T12:00:00.123Z");
    expect(build({ timestamp: date }).timestamp).toBe(BigInt(date.getTime()) * 1_000_000n);
    expect(build({ timestamp: new Date(-1) }).timestamp).toBe(-1_000_000n);
  });

  test("takes the limits of an int64 for a timestamp", () => {
    for (const timestamp of [2n ** 63n - 1n, -(2n ** 63n), 0n]) {
      expect(build({ timestamp }).timestamp).toBe(timestamp);
    }
  });

  test("copies the tags, one named __proto__ too", () => {
    const tags = JSON.parse('{"__proto__":"a","b":"c"}') as Record<string, string>;
    const envelope = build({ tags });
    tags["b"] = "changed";
    expect(Object.entries(envelope.tags)).toEqual([
      ["__proto__", "a"],
      ["b", "c"],
    ]);
  });

  test.each<[EnvelopeOptions, Error]>([
    [bad(null), new TypeError("options: expected an object, got null")],
    [bad("s"), new TypeError('options: expected an object, got "s"')],
    [{ sourceId: bad(7) }, new TypeError("sourceId: expected a string, got 7 (number)")],
    [{ sourceId: bad(null) }, new TypeError("sourceId: expected a string, got null")],
    [{ instanceId: bad(7) }, new TypeError("instanceId: expected a string, got 7 (number)")],
    [{ tags: bad("a=b") }, new TypeError('tags: expected an object of strings, got "a=b"')],
    [{ tags: bad(null) }, new TypeError("tags: expected an object of strings, got null")],
    [{ tags: bad(["a"]) }, new TypeError("tags: expected an object of strings, got an array")],
    [{ tags: bad({ a: "", b: 5 }) }, new TypeError('tags["b"]: expected a string, got 5 (number)')],
    [{ tags: bad({ a: undefined }) }, new TypeError('tags["a"]: expected a string, got undefined')],
    [{ tags: bad({ a: {} }) }, new TypeError('tags["a"]: expected a string, got an object')],
    [
      { timestamp: bad(5) },
      new TypeError("timestamp: expected a bigint (UNIX nanoseconds) or a Date, got 5 (number)"),
    ],
    [
      { timestamp: bad("2026-11-22") },
      new TypeError('timestamp: expected a bigint (UNIX nanoseconds) or a Date, got "2026-11-22"'),
    ],
    [
      { timestamp: new Date(Number.NaN) },
      new RangeError("timestamp: expected a valid Date, got an invalid Date"),
    ],
    [
      { timestamp: new Date(8.64e15) },
      new RangeError(
        "timestamp: expected UNIX nanoseconds within an int64, got +275760-09-13T00:00:00.000Z",
      ),
    ],
    [
      { timestamp: 2n ** 63n },
      new RangeError(
        "timestamp: expected UNIX nanoseconds within an int64, got 9223372036854775808 (bigint)",
      ),
    ],
    [
      { timestamp: -(2n ** 63n) - 1n },
      new RangeError(
        "timestamp: expected UNIX nanoseconds within an int64, got -9223372036854775809 (bigint)",
      ),
    ],
  ])("refuses %o with the name and the value", (options, error) => {
    expect(() => build(options)).toThrow(error);
  });
});

describe("logEnvelope", () => {
  test("has text as UTF-8, on stderr unless told otherwise", () => {
    expect(logEnvelope("größe 語").message).toEqual({
      $case: "log",
      value: { payload: utf8.encode("größe 語"), type: Log_Type.ERR },
    });
    expect(logEnvelope("").message.value.payload).toHaveLength(0);
  });

  test("has bytes as they are", () => {
    const payload = Uint8Array.of(0xff, 0, 0xfe);
    expect(logEnvelope(payload).message.value.payload).toBe(payload);
  });

  test.each([
    ["stdout", Log_Type.OUT],
    ["stderr", Log_Type.ERR],
    [undefined, Log_Type.ERR],
  ] as const)("is of the stream %s", (stream, type) => {
    expect(logEnvelope("", { stream }).message.value.type).toBe(type);
  });

  test("has the source type as the tag source_type, over one of that name", () => {
    expect(logEnvelope("", { sourceType: "APP/PROC/WEB" }).tags).toEqual({
      source_type: "APP/PROC/WEB",
    });
    const tags = { source_type: "tag", a: "b" };
    expect(logEnvelope("", { sourceType: "APP", tags }).tags).toEqual({
      source_type: "APP",
      a: "b",
    });
    expect(logEnvelope("", { tags }).tags).toEqual(tags);
    expect(tags.source_type).toBe("tag");
  });

  test.each<[() => unknown, Error]>([
    [
      () => logEnvelope(bad(7)),
      new TypeError("message: expected a string or a Uint8Array, got 7 (number)"),
    ],
    [
      () => logEnvelope(bad(undefined)),
      new TypeError("message: expected a string or a Uint8Array, got undefined"),
    ],
    [
      () => logEnvelope(bad([1, 2])),
      new TypeError("message: expected a string or a Uint8Array, got an array"),
    ],
    [
      () => logEnvelope("", { stream: bad("STDOUT") }),
      new TypeError('stream: expected "stdout" or "stderr", got "STDOUT"'),
    ],
    [
      () => logEnvelope("", { stream: bad(1) }),
      new TypeError('stream: expected "stdout" or "stderr", got 1 (number)'),
    ],
    [
      () => logEnvelope("", { sourceType: bad(1) }),
      new TypeError("sourceType: expected a string, got 1 (number)"),
    ],
  ])("refuses what is no log: %s", (call, error) => expect(call).toThrow(error));

  test("cuts long values in its messages", () => {
    const stream = bad<"stdout">("x".repeat(10_000));
    expect(() => logEnvelope("", { stream })).toThrow(
      new TypeError(`stream: expected "stdout" or "stderr", got "${"x".repeat(60)}…"`),
    );
  });
});

describe("counterEnvelope", () => {
  const value = (options?: CounterOptions) => counterEnvelope("requests", options).message.value;

  test("counts one more unless told otherwise", () => {
    expect(value()).toEqual({ name: "requests", delta: 1n, total: 0n });
  });

  test("takes numbers and bigints for a delta", () => {
    expect(value({ delta: 2 }).delta).toBe(2n);
    expect(value({ delta: 0 }).delta).toBe(0n);
    expect(value({ delta: -0 }).delta).toBe(0n);
    expect(value({ delta: Number.MAX_SAFE_INTEGER }).delta).toBe(2n ** 53n - 1n);
    expect(value({ delta: 2n ** 64n - 1n }).delta).toBe(2n ** 64n - 1n);
    expect(value({ delta: undefined }).delta).toBe(1n);
  });

  test("has no delta where there is a total", () => {
    expect(value({ total: 12 })).toEqual({ name: "requests", delta: 0n, total: 12n });
    expect(value({ total: 0n, delta: undefined })).toMatchObject({ delta: 0n, total: 0n });
  });

  const range = "expected a whole number from 0 to 2^64 - 1, got";
  test.each<[CounterOptions, Error]>([
    [{ delta: -1 }, new RangeError(`delta: ${range} -1 (number)`)],
    [{ delta: 1.5 }, new RangeError(`delta: ${range} 1.5 (number)`)],
    [{ delta: Number.NaN }, new RangeError(`delta: ${range} NaN (number)`)],
    [{ delta: Number.POSITIVE_INFINITY }, new RangeError(`delta: ${range} Infinity (number)`)],
    [{ delta: -1n }, new RangeError(`delta: ${range} -1 (bigint)`)],
    [{ delta: 2n ** 64n }, new RangeError(`delta: ${range} 18446744073709551616 (bigint)`)],
    [
      { delta: 2 ** 53 },
      new RangeError(
        "delta: a number beyond 2^53 - 1 is not exact, give a bigint; got 9007199254740992 (number)",
      ),
    ],
    [{ delta: bad("1") }, new TypeError('delta: expected a bigint or a number, got "1"')],
    [{ delta: bad(null) }, new TypeError("delta: expected a bigint or a number, got null")],
    [{ total: -1 }, new RangeError(`total: ${range} -1 (number)`)],
    [
      { total: bad(true) },
      new TypeError("total: expected a bigint or a number, got true (boolean)"),
    ],
    [
      { delta: 1, total: 2n },
      new TypeError(
        "delta, total: expected one of the two, got delta 1 (number) and total 2 (bigint)",
      ),
    ],
  ])("refuses what is no count: %o", (options, error) => {
    expect(() => value(options)).toThrow(error);
  });

  test("refuses a name that is no string", () => {
    expect(() => counterEnvelope(bad(undefined))).toThrow(
      new TypeError("name: expected a string, got undefined"),
    );
  });
});

describe("gaugeEnvelope", () => {
  const value = (metrics: Parameters<typeof gaugeEnvelope>[0]) =>
    gaugeEnvelope(metrics).message.value;

  test("has the metrics, without a unit where there is none", () => {
    expect(value({ cpu: { value: 3, unit: "percentage" }, memory: { value: -0.5 } })).toEqual({
      metrics: { cpu: { value: 3, unit: "percentage" }, memory: { value: -0.5, unit: "" } },
    });
    expect(value({})).toEqual({ metrics: {} });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -0])("takes %d for a value", (number) => {
    expect(value({ m: { value: number } }).metrics["m"]?.value).toBe(number);
  });

  test("copies the metrics, one named __proto__ too", () => {
    const metrics = JSON.parse('{"__proto__":{"value":1},"b":{"value":2}}') as {
      b: { value: number };
    };
    const gauge = value(metrics);
    metrics.b.value = 3;
    expect(Object.entries(gauge.metrics)).toEqual([
      ["__proto__", { unit: "", value: 1 }],
      ["b", { unit: "", value: 2 }],
    ]);
  });

  const object = "metrics: expected an object such as { cpu: { value: 3 } }, got";
  test.each<[unknown, Error]>([
    [undefined, new TypeError(`${object} undefined`)],
    [null, new TypeError(`${object} null`)],
    [[], new TypeError(`${object} an array`)],
    [{ m: 3 }, new TypeError('metrics["m"]: expected { value, unit }, got 3 (number)')],
    [{ m: null }, new TypeError('metrics["m"]: expected { value, unit }, got null')],
    [{ m: {} }, new TypeError('metrics["m"].value: expected a number, got undefined')],
    [{ m: { value: 3n } }, new TypeError('metrics["m"].value: expected a number, got 3 (bigint)')],
    [{ m: { value: "3" } }, new TypeError('metrics["m"].value: expected a number, got "3"')],
    [
      { m: { value: 3, unit: 1 } },
      new TypeError('metrics["m"].unit: expected a string, got 1 (number)'),
    ],
  ])("refuses what are no metrics: %o", (metrics, error) => {
    expect(() => value(bad(metrics))).toThrow(error);
  });
});

describe("timerEnvelope", () => {
  test("has start and stop, as nanoseconds", () => {
    expect(timerEnvelope("http", new Date(5), 6_000_001n).message).toEqual({
      $case: "timer",
      value: { name: "http", start: 5_000_000n, stop: 6_000_001n },
    });
  });

  test.each<[() => unknown, Error]>([
    [() => timerEnvelope(bad(1), 1n, 2n), new TypeError("name: expected a string, got 1 (number)")],
    [
      () => timerEnvelope("", bad(1), 2n),
      new TypeError("start: expected a bigint (UNIX nanoseconds) or a Date, got 1 (number)"),
    ],
    [
      () => timerEnvelope("", 1n, bad(undefined)),
      new TypeError("stop: expected a bigint (UNIX nanoseconds) or a Date, got undefined"),
    ],
    [
      () => timerEnvelope("", new Date(Number.NaN), 2n),
      new RangeError("start: expected a valid Date, got an invalid Date"),
    ],
    [
      () => timerEnvelope("", 1n, 2n ** 63n),
      new RangeError(
        "stop: expected UNIX nanoseconds within an int64, got 9223372036854775808 (bigint)",
      ),
    ],
  ])("refuses what is no timer: %s", (call, error) => expect(call).toThrow(error));
});

describe("eventEnvelope", () => {
  test("has title and body", () => {
    expect(eventEnvelope("deploy", "v42 is live").message).toEqual({
      $case: "event",
      value: { title: "deploy", body: "v42 is live" },
    });
  });

  test("refuses what is no text", () => {
    expect(() => eventEnvelope(bad(1), "")).toThrow(
      new TypeError("title: expected a string, got 1 (number)"),
    );
    expect(() => eventEnvelope("", bad(undefined))).toThrow(
      new TypeError("body: expected a string, got undefined"),
    );
  });
});

test("what the builders return is narrowed to the message that they make, and is an Envelope", () => {
  expectTypeOf(logEnvelope).returns.toEqualTypeOf<LogEnvelope>();
  expectTypeOf(counterEnvelope).returns.toEqualTypeOf<CounterEnvelope>();
  expectTypeOf(gaugeEnvelope).returns.toEqualTypeOf<GaugeEnvelope>();
  expectTypeOf(timerEnvelope).returns.toEqualTypeOf<TimerEnvelope>();
  expectTypeOf(eventEnvelope).returns.toEqualTypeOf<EventEnvelope>();
  expectTypeOf<LogEnvelope["message"]["value"]>().toEqualTypeOf<Log>();
  expectTypeOf<CounterEnvelope["message"]["value"]>().toEqualTypeOf<Counter>();
  expectTypeOf<GaugeEnvelope["message"]["value"]>().toEqualTypeOf<Gauge>();
  expectTypeOf<TimerEnvelope["message"]["value"]>().toEqualTypeOf<Timer>();
  expectTypeOf<EventEnvelope["message"]["value"]>().toEqualTypeOf<Event>();
  expectTypeOf<LogEnvelope>().toExtend<Envelope>();
  expectTypeOf<Envelope>().not.toExtend<LogEnvelope>();
  expectTypeOf<LogOptions>().toExtend<EnvelopeOptions>();
  expectTypeOf<{ delta: "1" }>().not.toExtend<CounterOptions>();
});
