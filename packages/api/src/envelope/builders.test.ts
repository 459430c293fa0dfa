import { describe, expect, expectTypeOf, test } from "vitest";
import { bad, rangeError, typeError } from "../../testing/errors.js";
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

describe("logEnvelope", () => {
  test("has text as UTF-8, on stderr by default", () => {
    expect(logEnvelope("größe 語").message).toEqual({
      $case: "log",
      value: { payload: utf8.encode("größe 語"), type: Log_Type.ERR },
    });
    expect(logEnvelope("").message.value.payload).toHaveLength(0);
  });

  test("has bytes unchanged", () => {
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

  test("has the source type as the tag source_type, which overrides one of that name", () => {
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
    [() => logEnvelope(bad(7)), typeError("message must be a string or a Uint8Array, got 7")],
    [
      () => logEnvelope(bad(undefined)),
      typeError("message must be a string or a Uint8Array, got undefined"),
    ],
    [
      () => logEnvelope(bad([1, 2])),
      typeError("message must be a string or a Uint8Array, got an array"),
    ],
    [
      () => logEnvelope("", { stream: bad("STDOUT") }),
      typeError('stream must be "stdout" or "stderr", got "STDOUT"'),
    ],
    [
      () => logEnvelope("", { stream: bad(1) }),
      typeError('stream must be "stdout" or "stderr", got 1'),
    ],
    [
      () => logEnvelope("", { sourceType: bad(1) }),
      typeError("sourceType must be a string, got 1"),
    ],
  ])("rejects an invalid log: %s", (call, error) => expect(call).toThrow(error));

  test("truncates long values in error messages", () => {
    const stream = bad<"stdout">("x".repeat(10_000));
    expect(() => logEnvelope("", { stream })).toThrow(
      typeError(`stream must be "stdout" or "stderr", got "${"x".repeat(60)}…"`),
    );
  });
});

describe("counterEnvelope", () => {
  const value = (options?: CounterOptions) => counterEnvelope("requests", options).message.value;

  test("increases by one by default", () => {
    expect(value()).toEqual({ name: "requests", delta: 1n, total: 0n });
  });

  test("accepts numbers and bigints as a delta", () => {
    expect(value({ delta: 2 }).delta).toBe(2n);
    expect(value({ delta: 0 }).delta).toBe(0n);
    expect(value({ delta: -0 }).delta).toBe(0n);
    expect(value({ delta: Number.MAX_SAFE_INTEGER }).delta).toBe(2n ** 53n - 1n);
    expect(value({ delta: 2n ** 64n - 1n }).delta).toBe(2n ** 64n - 1n);
    expect(value({ delta: undefined }).delta).toBe(1n);
  });

  test("has no delta if there is a total", () => {
    expect(value({ total: 12 })).toEqual({ name: "requests", delta: 0n, total: 12n });
    expect(value({ total: 0n, delta: undefined })).toMatchObject({ delta: 0n, total: 0n });
  });

  const range = "must be an integer from 0 to 2^64 - 1, got";
  test.each<[CounterOptions, Error]>([
    [{ delta: -1 }, rangeError(`delta ${range} -1`)],
    [{ delta: 1.5 }, rangeError(`delta ${range} 1.5`)],
    [{ delta: Number.NaN }, rangeError(`delta ${range} NaN`)],
    [{ delta: Number.POSITIVE_INFINITY }, rangeError(`delta ${range} Infinity`)],
    [{ delta: -1n }, rangeError(`delta ${range} -1n`)],
    [{ delta: 2n ** 64n }, rangeError(`delta ${range} 18446744073709551616n`)],
    [
      { delta: 2 ** 53 },
      rangeError(
        "delta must be a bigint above 2^53 - 1, where numbers are not exact, got 9007199254740992",
      ),
    ],
    [{ delta: bad("1") }, typeError('delta must be a bigint or a number, got "1"')],
    [{ delta: bad(null) }, typeError("delta must be a bigint or a number, got null")],
    [{ total: -1 }, rangeError(`total ${range} -1`)],
    [{ total: bad(true) }, typeError("total must be a bigint or a number, got true")],
    [
      { delta: 1, total: 2n },
      typeError("delta and total exclude each other: pass one of them, got delta 1 and total 2n"),
    ],
  ])("rejects an invalid count: %o", (options, error) => {
    expect(() => value(options)).toThrow(error);
  });

  test("rejects a name that is not a string", () => {
    expect(() => counterEnvelope(bad(undefined))).toThrow(
      typeError("name must be a string, got undefined"),
    );
  });
});

describe("gaugeEnvelope", () => {
  const value = (metrics: Parameters<typeof gaugeEnvelope>[0]) =>
    gaugeEnvelope(metrics).message.value;

  test("has the metrics, with an empty unit by default", () => {
    expect(value({ cpu: { value: 3, unit: "percentage" }, memory: { value: -0.5 } })).toEqual({
      metrics: { cpu: { value: 3, unit: "percentage" }, memory: { value: -0.5, unit: "" } },
    });
    expect(value({})).toEqual({ metrics: {} });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -0])("accepts %d as a value", (number) => {
    expect(value({ m: { value: number } }).metrics["m"]?.value).toBe(number);
  });

  test("copies the metrics, including one named __proto__", () => {
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

  const object = "metrics must be an object such as { cpu: { value: 3 } }, got";
  test.each<[unknown, Error]>([
    [undefined, typeError(`${object} undefined`)],
    [null, typeError(`${object} null`)],
    [[], typeError(`${object} an array`)],
    [{ m: 3 }, typeError('metrics["m"] must be { value, unit }, got 3')],
    [{ m: null }, typeError('metrics["m"] must be { value, unit }, got null')],
    [{ m: {} }, typeError('metrics["m"].value must be a number, got undefined')],
    [{ m: { value: 3n } }, typeError('metrics["m"].value must be a number, got 3n')],
    [{ m: { value: "3" } }, typeError('metrics["m"].value must be a number, got "3"')],
    [{ m: { value: 3, unit: 1 } }, typeError('metrics["m"].unit must be a string, got 1')],
  ])("rejects invalid metrics: %o", (metrics, error) => {
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
    [() => timerEnvelope(bad(1), 1n, 2n), typeError("name must be a string, got 1")],
    [
      () => timerEnvelope("", bad(1), 2n),
      typeError("start must be a bigint (UNIX nanoseconds) or a Date, got 1"),
    ],
    [
      () => timerEnvelope("", 1n, bad(undefined)),
      typeError("stop must be a bigint (UNIX nanoseconds) or a Date, got undefined"),
    ],
    [
      () => timerEnvelope("", new Date(Number.NaN), 2n),
      rangeError("start must be a valid Date, got an invalid Date"),
    ],
    [
      () => timerEnvelope("", 1n, 2n ** 63n),
      rangeError(
        "stop must be UNIX nanoseconds in the range of an int64, got 9223372036854775808n",
      ),
    ],
  ])("rejects an invalid timer: %s", (call, error) => expect(call).toThrow(error));
});

describe("eventEnvelope", () => {
  test("has title and body", () => {
    expect(eventEnvelope("deploy", "v42 is live").message).toEqual({
      $case: "event",
      value: { title: "deploy", body: "v42 is live" },
    });
  });

  test("rejects values that are not text", () => {
    expect(() => eventEnvelope(bad(1), "")).toThrow(typeError("title must be a string, got 1"));
    expect(() => eventEnvelope("", bad(undefined))).toThrow(
      typeError("body must be a string, got undefined"),
    );
  });
});

test("builders return an Envelope that is narrowed to its message", () => {
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
