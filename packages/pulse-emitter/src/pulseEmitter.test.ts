import type { Emitter } from "@loggregator/api";
import { abortListeners, recordProcessEvents, ThrowingLogger } from "@loggregator/testing";
import { describe, expect, test, vi } from "vitest";
import { emitter, pulse, pulseInEachTest, pulses, stop } from "../testing/pulsing.js";
import { type Logger, PulseEmitter } from "./index.js";

pulseInEachTest();

describe("pulses", () => {
  test("are emitted every 60 seconds by default", async () => {
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

  test("end when the signal aborts, without a last one", async () => {
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

  test("continue, and include the other metrics, while the emitter and the logger throw", () => {
    const logger = new ThrowingLogger();
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
    expect(logger.errors).toEqual(["requests was not emitted: Error: broken"]);
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
