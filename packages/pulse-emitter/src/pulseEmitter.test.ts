import type { CounterOptions, Emitter, EnvelopeOptions, GaugeMetrics } from "@loggregator/api";
import { abortListeners, recordProcessEvents } from "@loggregator/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Logger, PulseEmitter } from "./index.js";

type Emitted =
  | { name: string; options: CounterOptions | undefined }
  | { metrics: GaugeMetrics; options: EnvelopeOptions | undefined };

class RecordingEmitter implements Emitter {
  emitted: Emitted[] = [];
  emitLog(): void {}
  emitCounter(name: string, options?: CounterOptions): void {
    this.emitted.push({ name, options });
  }
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    this.emitted.push({ metrics, options });
  }
  get deltas() {
    return this.emitted.map(({ options }) => (options as CounterOptions).delta);
  }
  get values() {
    return this.emitted.flatMap((one) =>
      "metrics" in one ? Object.values(one.metrics).map(({ value }) => value) : [],
    );
  }
}

let emitter: RecordingEmitter;
let stop: AbortController;
let pulses: PulseEmitter;

beforeEach(() => {
  vi.useFakeTimers();
  emitter = new RecordingEmitter();
  stop = new AbortController();
  pulses = new PulseEmitter(emitter, {
    pulseIntervalMs: 1_000,
    sourceId: "source",
    signal: stop.signal,
  });
});

afterEach(() => {
  stop.abort();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pulse = () => vi.advanceTimersByTime(1_000);

describe("pulses", () => {
  test("come every 60 seconds by default", async () => {
    const everyMinute = new PulseEmitter(emitter);
    everyMinute.newCounterMetric("requests");
    vi.advanceTimersByTime(59_999);
    expect(emitter.emitted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(emitter.emitted).toEqual([
      { name: "requests", options: { sourceId: "", tags: {}, delta: 0n } },
    ]);
    vi.advanceTimersByTime(180_000);
    expect(emitter.deltas).toHaveLength(4);
    await everyMinute.close();
  });

  test("end with the signal, without a last one", async () => {
    pulses.newCounterMetric("requests").increment(1);
    stop.abort();
    vi.advanceTimersByTime(10_000);
    await pulses.close();
    expect(emitter.emitted).toEqual([]);
  });

  test("do not start if the signal has already aborted", () => {
    const before = vi.getTimerCount();
    new PulseEmitter(emitter, { signal: AbortSignal.abort() });
    expect(vi.getTimerCount()).toBe(before);
  });

  test("end with close() after a last one", async () => {
    const counter = pulses.newCounterMetric("requests");
    counter.increment(3);
    await pulses.close();
    await pulses.close();
    counter.increment(1);
    vi.advanceTimersByTime(10_000);
    expect(emitter.deltas).toEqual([3n]);
  });

  test("end with `await using` after a last one", async () => {
    {
      await using scoped = new PulseEmitter(emitter);
      scoped.newGaugeMetric("temperature", "°C").set(-3.5);
    }
    expect(emitter.values).toEqual([-3.5]);
  });

  test("go on, and include the other metrics, while the emitter and the logger throw", () => {
    const errors: string[] = [];
    const silent = () => {};
    const logger: Logger = {
      debug: silent,
      info: silent,
      warn: silent,
      error: (message) => {
        errors.push(message);
        throw new Error("from the logger");
      },
    };
    const failing = vi.spyOn(emitter, "emitCounter").mockImplementation(() => {
      throw new Error("broken");
    });
    const other = new PulseEmitter(emitter, {
      pulseIntervalMs: 1_000,
      signal: stop.signal,
      logger,
    });
    const counter = other.newCounterMetric("requests");
    other.newGaugeMetric("temperature", "°C").set(1);
    counter.increment(2);
    pulse();
    expect(errors).toEqual(["requests was not emitted: Error: broken"]);
    expect(emitter.values).toEqual([1]);

    failing.mockRestore();
    emitter.emitted = [];
    counter.increment(3);
    pulse();
    expect(emitter.emitted[0]).toMatchObject({ name: "requests", options: { delta: 5n } });
    expect(emitter.values).toEqual([1]);
  });
});

test("stats and status() report what was emitted, and failures", async () => {
  await using own = new PulseEmitter(emitter, { pulseIntervalMs: 1_000, logger: null });
  const failing = vi.spyOn(emitter, "emitCounter").mockImplementationOnce(() => {
    throw new Error("broken");
  });
  own.newCounterMetric("requests");
  own.newGaugeMetric("temperature", "°C");
  const status = own.status();
  expect((await status.next()).value).toEqual({ type: "running" });
  const next = status.next();
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await next).value).toMatchObject({ type: "retrying", delayMs: 1_000 });
  expect(own.stats).toEqual({ emitted: 1, failed: 1 });
  await own.close();
  expect(own.stats).toEqual({ emitted: 3, failed: 1 });
  expect((await status.next()).value).toEqual({ type: "closed" });
  expect((await status.next()).done).toBe(true);
  failing.mockRestore();
});

describe("a failing emitter", () => {
  test("is reported once through a warning without a logger, and so is the recovery", async () => {
    using events = recordProcessEvents();
    const failing = vi.spyOn(emitter, "emitCounter").mockImplementation(() => {
      throw new Error("broken");
    });
    pulses.newCounterMetric("requests");
    pulse();
    pulse();
    failing.mockRestore();
    pulse();
    pulse();
    vi.useRealTimers();
    await events.settled();
    vi.useFakeTimers();
    expect(events.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^pulse emitter: requests was not emitted: Error: broken; retrying/),
      "pulse emitter: recovered",
    ]);
  });

  test("may return promises that reject", async () => {
    using events = recordProcessEvents();
    const reject = () => Promise.reject(new Error("rejected")) as never;
    vi.spyOn(emitter, "emitCounter").mockImplementation(reject);
    vi.spyOn(emitter, "emitGauge").mockImplementation(reject);
    const errors: string[] = [];
    const silent = () => {};
    const error = (message: string) => void errors.push(message);
    const logger: Logger = { debug: silent, info: silent, warn: silent, error };
    await using other = new PulseEmitter(emitter, { pulseIntervalMs: 1_000, logger });
    other.newCounterMetric("requests");
    other.newGaugeMetric("temperature", "°C");
    pulse();
    vi.useRealTimers();
    await events.settled();
    vi.useFakeTimers();
    expect(events.unhandledRejections).toEqual([]);
    expect(errors).toEqual([
      "requests was not emitted: Error: rejected",
      "temperature was not emitted: Error: rejected",
    ]);
  });
});

test("many emitters share a signal without a warning, and leave no listener behind", async () => {
  using events = recordProcessEvents();
  const { signal } = new AbortController();
  const all = Array.from({ length: 20 }, () => new PulseEmitter(emitter, { signal }));
  vi.useRealTimers();
  await events.settled();
  vi.useFakeTimers();
  expect(events.warnings).toEqual([]);
  await Promise.all(all.map((one) => one.close()));
  expect(abortListeners(signal)).toBe(0);
});

describe("a counter", () => {
  test("emits the count since the last pulse, also if it is 0", () => {
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

  test("keeps for the next pulse what the emitter itself counts", () => {
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

  test("takes several envelopes if the sum exceeds a uint64", () => {
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

  test("are one if registered twice, in any order of their tags", () => {
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

  test("are several if kind, name, unit, tags or version differ", () => {
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

  test("can be registered by the emitter itself, and join with the next pulse", () => {
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

describe("invalid arguments are rejected at the call:", () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("interval %s", (ms) => {
    expect(() => new PulseEmitter(emitter, { pulseIntervalMs: ms })).toThrow(
      `pulseIntervalMs must be a positive number of milliseconds up to 2147483647, got ${ms}`,
    );
  });

  test("an invalid emitter or source id", () => {
    expect(() => new PulseEmitter(undefined as unknown as Emitter)).toThrow(TypeError);
    expect(() => new PulseEmitter({} as unknown as Emitter)).toThrow(TypeError);
    expect(() => new PulseEmitter(emitter, { sourceId: 3 as unknown as string })).toThrow(
      "sourceId must be a string, got 3",
    );
  });

  test("an invalid signal or logger", () => {
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => new PulseEmitter(emitter, { signal })).toThrow(
      "signal must be an AbortSignal, got an AbortController",
    );
    const logger = { error() {} } as unknown as typeof console;
    expect(() => new PulseEmitter(emitter, { logger })).toThrow(
      /^logger must be .* without debug$/,
    );
  });

  test("unknown options", () => {
    expect(() => new PulseEmitter(emitter, { intervalMs: 5 } as never)).toThrow(
      'unknown option "intervalMs"',
    );
    expect(() => new PulseEmitter(emitter, { sourceID: "a" } as never)).toThrow(
      'unknown option "sourceID"; did you mean "sourceId"?',
    );
    expect(() => pulses.newCounterMetric("a", { tag: {} } as never)).toThrow(
      'unknown option "tag"; did you mean "tags"?',
    );
    expect(() => pulses.newGaugeMetric("a", "", { version: { mayor: 1 } } as never)).toThrow(
      'unknown option "version.mayor"; did you mean "major"?',
    );
  });

  test("names, units, tags and versions", () => {
    expect(() => pulses.newCounterMetric("")).toThrow('name must be a non-empty string, got ""');
    expect(() => pulses.newGaugeMetric("a", 1 as unknown as string)).toThrow(
      "unit must be a string, got 1",
    );
    const tags = { zone: 1 } as unknown as Record<string, string>;
    expect(() => pulses.newCounterMetric("a", { tags })).toThrow(
      'tags["zone"] must be a string, got 1',
    );
    expect(() => pulses.newCounterMetric("a", { version: { major: -1, minor: 0 } })).toThrow(
      "version.major must be an integer from 0, got -1",
    );
    expect(() => pulses.newCounterMetric("a", { version: { major: 1, minor: 0.5 } })).toThrow(
      "version.minor must be an integer from 0, got 0.5",
    );
    pulse();
    expect(emitter.emitted).toEqual([]);
  });
});
