import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { emitter, pulse, pulseInEachTest, pulses } from "../testing/pulsing.js";

pulseInEachTest();

describe("a counter", () => {
  test("emits the count since the last pulse, even if it is 0", () => {
    const counter = pulses.newCounterMetric("requests");
    counter.increment(2);
    counter.increment();
    counter.increment(4n);
    pulse();
    pulse();
    counter.increment(0);
    counter.increment(5);
    pulse();
    expect(emitter.deltas).toEqual([7n, 0n, 5n]);
  });

  test("keeps increments by the emitter for the next pulse", () => {
    const counter = pulses.newCounterMetric("emitted");
    vi.spyOn(emitter, "emitCounter").mockImplementation((name, options) => {
      emitter.emitted.push({ name, options });
      counter.increment(1);
    });
    pulse();
    pulse();
    pulse();
    expect(emitter.deltas).toEqual([0n, 1n, 1n]);
  });

  test("emits several envelopes if the sum exceeds a uint64", () => {
    const counter = pulses.newCounterMetric("bytes");
    counter.increment(2n ** 64n - 1n);
    counter.increment(2n ** 64n - 1n);
    counter.increment(7);
    pulse();
    expect(emitter.deltas).toEqual([2n ** 64n - 1n, 2n ** 64n - 1n, 7n]);
  });

  test("adds any counts exactly", () => {
    const count = fc.oneof(
      fc.maxSafeNat(),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(Number.MAX_SAFE_INTEGER, 0, -0, 1),
    );
    fc.assert(
      fc.property(fc.array(fc.array(count)), (rounds) => {
        const counter = pulses.newCounterMetric("bytes");
        for (const counts of rounds) {
          emitter.emitted = [];
          for (const n of counts) {
            counter.increment(n);
          }
          pulse();
          const sum = emitter.deltas.reduce<bigint>(
            (total, delta) => total + BigInt(delta ?? 0),
            0n,
          );
          expect(sum).toBe(counts.reduce<bigint>((total, n) => total + BigInt(n), 0n));
        }
      }),
    );
  });

  test.each([
    [-1, RangeError, "n must be an integer from 0, got -1"],
    [0.5, RangeError, "n must be an integer from 0, got 0.5"],
    [Number.NaN, RangeError, "n must be an integer from 0, got NaN"],
    [Number.POSITIVE_INFINITY, RangeError, "n must be an integer from 0, got Infinity"],
    [
      2 ** 53,
      RangeError,
      "n must be at most 2^53 - 1 as a number (larger counts are exact as a bigint), got 9007199254740992",
    ],
    [-1n, RangeError, "n must be an integer from 0 to 2^64 - 1, got -1n"],
    [2n ** 64n, RangeError, "n must be an integer from 0 to 2^64 - 1, got 18446744073709551616n"],
    ["3", TypeError, 'n must be a bigint or a number, got "3"'],
    [null, TypeError, "n must be a bigint or a number, got null"],
  ])("rejects the count %s", (n, type, message) => {
    const counter = pulses.newCounterMetric("requests");
    expect(() => counter.increment(n as number)).toThrow(type);
    expect(() => counter.increment(n as number)).toThrow(message);
    pulse();
    expect(emitter.deltas).toEqual([0n]);
  });
});

describe("a gauge", () => {
  test("emits its value with every pulse, 0 until one is set", () => {
    const gauge = pulses.newGaugeMetric("temperature", "°C");
    pulse();
    gauge.set(21);
    gauge.set(22);
    pulse();
    pulse();
    expect(emitter.values).toEqual([0, 22, 22]);
  });

  test("keeps precision, sign, infinities and NaN", () => {
    const gauge = pulses.newGaugeMetric("temperature", "°C");
    fc.assert(
      fc.property(fc.double(), (value) => {
        emitter.emitted = [];
        gauge.set(value);
        pulse();
        expect(emitter.values).toEqual([value]);
      }),
    );
  });

  test("rejects values that are not numbers", () => {
    const gauge = pulses.newGaugeMetric("temperature", "°C");
    expect(() => gauge.set("3" as unknown as number)).toThrow('n must be a number, got "3"');
  });

  test("may have any name", () => {
    pulses.newGaugeMetric("__proto__", "").set(4);
    pulse();
    expect(emitter.values).toEqual([4]);
  });
});

describe("metrics", () => {
  test("carry source id, tags and version", () => {
    const version = { major: 1, minor: 2 };
    const tags = { zone: "z1", metric_version: "0.0" };
    pulses.newCounterMetric("requests", { version, tags });
    pulses.newGaugeMetric("temperature", "°C", { version, tags });
    tags.zone = "changed later";
    pulse();
    const options = { sourceId: "source", tags: { zone: "z1", metric_version: "1.2" } };
    expect(emitter.emitted).toEqual([
      { name: "requests", options: { ...options, delta: 0n } },
      { metrics: { temperature: { value: 0, unit: "°C" } }, options },
    ]);
  });

  test("are the same if registered twice, in any order of their tags", () => {
    const first = pulses.newCounterMetric("requests", {
      version: { major: 1, minor: 0 },
      tags: { a: "1", b: "2" },
    });
    const second = pulses.newCounterMetric("requests", {
      tags: { b: "2", a: "1", metric_version: "1.0" },
    });
    expect(second).toBe(first);
    expect(pulses.newGaugeMetric("a", "ms")).toBe(pulses.newGaugeMetric("a", "ms", { tags: {} }));
    first.increment(1);
    second.increment(1);
    pulse();
    expect(emitter.emitted).toHaveLength(2);
    expect(emitter.emitted[0]).toMatchObject({ options: { delta: 2n } });
  });

  test("are different if kind, name, unit, tags or version differ", () => {
    const counter = pulses.newCounterMetric("a");
    const gauge = pulses.newGaugeMetric("a", "ms");
    const all = [
      counter,
      pulses.newCounterMetric("b"),
      pulses.newCounterMetric("a", { tags: { b: "1" } }),
      pulses.newCounterMetric("a", { version: { major: 1, minor: 0 } }),
      gauge,
      pulses.newGaugeMetric("a", "s"),
      pulses.newGaugeMetric("a", "ms", { tags: { b: "1" } }),
    ];
    expect(new Set<unknown>(all).size).toBe(all.length);
    pulse();
    expect(emitter.emitted).toHaveLength(all.length);
  });

  test("can be registered by the emitter during a pulse, and are emitted with the next one", () => {
    let made = 0;
    vi.spyOn(emitter, "emitCounter").mockImplementation(() => {
      pulses.newCounterMetric(`made-${made++}`);
    });
    pulses.newCounterMetric("first");
    pulse();
    expect(made).toBe(1);
    pulse();
    expect(made).toBe(3);
  });
});
