import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { Emitter, EnvelopeOptions, GaugeMetrics } from "@loggregator/api";
import {
  abortListeners,
  collectGarbage,
  recordProcessEvents,
  ThrowingLogger,
} from "@loggregator/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RuntimeEmitter } from "./index.js";

const units = {
  "memoryStats.numBytesAllocatedHeap": "Bytes",
  "memoryStats.numBytesReservedHeap": "Bytes",
  "memoryStats.numBytesExternal": "Bytes",
  "memoryStats.numBytesArrayBuffers": "Bytes",
  "memoryStats.numBytesResident": "Bytes",
  "memoryStats.lastGCPauseTimeNS": "ns",
  "eventLoop.meanDelayTimeNS": "ns",
  "eventLoop.p99DelayTimeNS": "ns",
  "eventLoop.maxDelayTimeNS": "ns",
  "eventLoop.utilization": "Ratio",
};

class GaugeEmitter implements Emitter {
  emitted: { metrics: GaugeMetrics; options: EnvelopeOptions | undefined }[] = [];
  #next: ((metrics: GaugeMetrics) => void) | undefined;
  emitLog(): void {}
  emitCounter(): void {}
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    this.emitted.push({ metrics, options });
    this.#next?.(metrics);
  }
  /** Returns the values of the next gauge by name. */
  async next(): Promise<Record<string, number>> {
    const metrics = await new Promise<GaugeMetrics>((resolve) => {
      this.#next = resolve;
    });
    return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
  }
}

let emitter: GaugeEmitter;
let stop: AbortController;

beforeEach(() => {
  emitter = new GaugeEmitter();
  stop = new AbortController();
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("measures", () => {
  test("the process's memory", async () => {
    new RuntimeEmitter(emitter, { intervalMs: 10, signal: stop.signal });
    const gauge = await emitter.next();
    const heap = gauge["memoryStats.numBytesAllocatedHeap"] ?? 0;
    const reserved = gauge["memoryStats.numBytesReservedHeap"] ?? 0;
    expect(heap).toBeGreaterThan(1_000_000);
    expect(reserved).toBeGreaterThan(heap);
    expect(gauge["memoryStats.numBytesResident"]).toBeGreaterThan(heap);

    const kept = new ArrayBuffer(32 * 1024 * 1024);
    const later = await emitter.next();
    expect(later["memoryStats.numBytesArrayBuffers"]).toBeGreaterThanOrEqual(kept.byteLength);
    expect(later["memoryStats.numBytesExternal"]).toBeGreaterThanOrEqual(kept.byteLength);
  });

  test("the last pause for garbage collection", async () => {
    new RuntimeEmitter(emitter, { intervalMs: 10, signal: stop.signal });
    const start = performance.now();
    collectGarbage();
    const longest = (performance.now() - start) * 1e6;
    let pause = 0;
    while (pause === 0) {
      pause = (await emitter.next())["memoryStats.lastGCPauseTimeNS"] ?? 0;
    }
    expect(Number.isInteger(pause)).toBe(true);
    expect(pause).toBeGreaterThan(10_000);
    expect(pause).toBeLessThan(longest + 50e6);
  });

  test("a delay of the event loop at the start", async () => {
    new RuntimeEmitter(emitter, { intervalMs: 150, signal: stop.signal });
    block(400);
    const gauge = await emitter.next();
    expect(gauge["eventLoop.maxDelayTimeNS"]).toBeGreaterThan(300e6);
  });

  test("a delay right after a gauge", async () => {
    new RuntimeEmitter(emitter, { intervalMs: 150, signal: stop.signal });
    await emitter.next();
    await wait(5);
    block(400);
    const gauge = await emitter.next();
    expect(gauge["eventLoop.maxDelayTimeNS"]).toBeGreaterThan(300e6);
    expect(gauge["eventLoop.utilization"]).toBeGreaterThan(0.5);
    expect(gauge["eventLoop.utilization"]).toBeLessThanOrEqual(1);
  });

  test("a delay right before a gauge, in that gauge or the next one", async () => {
    // After the delay, both timers are due, and the event loop runs one directly after the other.
    setTimeout(() => block(60), 430);
    setTimeout(() => block(400), 450);
    new RuntimeEmitter(emitter, { intervalMs: 450, signal: stop.signal });
    const gauges = [await emitter.next(), await emitter.next()];
    const delays = gauges.map((gauge) => gauge["eventLoop.maxDelayTimeNS"] ?? 0);
    expect(Math.max(...delays)).toBeGreaterThan(300e6);
  });

  test("a delay in between, in one gauge only", async () => {
    new RuntimeEmitter(emitter, { intervalMs: 700, signal: stop.signal });
    await wait(200);
    block(400);
    const gauge = await emitter.next();
    const max = gauge["eventLoop.maxDelayTimeNS"] ?? 0;
    expect(max).toBeGreaterThan(300e6);
    const { "eventLoop.meanDelayTimeNS": mean = 0, "eventLoop.p99DelayTimeNS": p99 = 0 } = gauge;
    expect(mean).toBeGreaterThan(0);
    expect(p99).toBeGreaterThan(mean);
    expect(max).toBeGreaterThanOrEqual(p99);

    const next = await emitter.next();
    expect(next["eventLoop.maxDelayTimeNS"]).toBeLessThan(max);
    expect(next["eventLoop.utilization"]).toBeLessThan(gauge["eventLoop.utilization"] ?? 0);
  });
});

describe("with a mocked clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: [
        "setInterval",
        "clearInterval",
        "setTimeout",
        "clearTimeout",
        "setImmediate",
        "clearImmediate",
      ],
    });
  });

  test("emits one gauge with the same metrics every 10 seconds", () => {
    new RuntimeEmitter(emitter, { sourceId: "source", signal: stop.signal });
    vi.advanceTimersByTime(9_999);
    expect(emitter.emitted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(emitter.emitted).toHaveLength(1);
    vi.advanceTimersByTime(20_000);
    expect(emitter.emitted).toHaveLength(3);
    for (const { metrics, options } of emitter.emitted) {
      expect(options).toEqual({ sourceId: "source" });
      expect(
        Object.fromEntries(Object.entries(metrics).map(([name, { unit }]) => [name, unit])),
      ).toEqual(units);
      for (const { value } of Object.values(metrics)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(Number.POSITIVE_INFINITY);
      }
    }
  });

  test.each([
    ["the signal", () => stop.abort()],
    ["close()", (runtime: RuntimeEmitter) => runtime.close()],
    ["await using", (runtime: RuntimeEmitter) => runtime[Symbol.asyncDispose]()],
  ])("%s ends timers, histogram and observer", async (_, end) => {
    const histogram = Object.getPrototypeOf(monitorEventLoopDelay()) as { disable(): boolean };
    const disable = vi.spyOn(histogram, "disable");
    const disconnect = vi.spyOn(PerformanceObserver.prototype, "disconnect");
    const runtime = new RuntimeEmitter(emitter, { intervalMs: 100, signal: stop.signal });
    vi.advanceTimersByTime(100);
    await end(runtime);
    expect(disable).toHaveReturnedWith(true);
    expect(disconnect).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    await runtime.close();
    vi.advanceTimersByTime(1_000);
    expect(emitter.emitted).toHaveLength(1);
  });

  test("does not start if the signal has already aborted", () => {
    const observe = vi.spyOn(PerformanceObserver.prototype, "observe");
    new RuntimeEmitter(emitter, { signal: AbortSignal.abort() });
    expect(observe).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("stats and status() report what was emitted, and failures", async () => {
    vi.spyOn(emitter, "emitGauge").mockImplementationOnce(() => {
      throw new Error("broken");
    });
    await using runtime = new RuntimeEmitter(emitter, { intervalMs: 100, logger: null });
    const status = runtime.status();
    expect((await status.next()).value).toEqual({ type: "running" });
    vi.advanceTimersByTime(200);
    expect(runtime.stats).toEqual({ emitted: 1, failed: 1 });
    expect((await status.next()).value).toMatchObject({ type: "retrying", delayMs: 100 });
    await runtime.close();
    expect((await status.next()).value).toEqual({ type: "closed" });
    expect((await status.next()).done).toBe(true);
  });

  test("continues while the emitter and the logger throw", () => {
    const logger = new ThrowingLogger();
    vi.spyOn(emitter, "emitGauge").mockImplementationOnce(() => {
      throw new Error("broken");
    });
    new RuntimeEmitter(emitter, { intervalMs: 100, signal: stop.signal, logger });
    vi.advanceTimersByTime(200);
    expect(logger.errors).toEqual(["the runtime gauge was not emitted: Error: broken"]);
    expect(emitter.emitted).toHaveLength(1);
  });
});

test("reports a failing emitter once without a logger, and the recovery", async () => {
  using events = recordProcessEvents();
  const rejected = vi
    .spyOn(emitter, "emitGauge")
    .mockImplementation(() => Promise.reject(new Error("broken")) as never);
  await using _ = new RuntimeEmitter(emitter, { intervalMs: 1 });
  while (rejected.mock.calls.length < 2) {
    await wait(1);
  }
  rejected.mockRestore();
  for (let gauges = 0; gauges < 2; gauges++) {
    await emitter.next();
  }
  await events.settled();
  expect(events.unhandledRejections).toEqual([]);
  expect(events.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^runtime emitter: the runtime gauge was not emitted: Error: broken; retrying/,
    ),
    "runtime emitter: recovered",
  ]);
});

test("many emitters share a signal without a warning, and leave no listener behind", async () => {
  using events = recordProcessEvents();
  const { signal } = new AbortController();
  const all = Array.from({ length: 20 }, () => new RuntimeEmitter(emitter, { signal }));
  await events.settled();
  expect(events.warnings).toEqual([]);
  await Promise.all(all.map((one) => one.close()));
  expect(abortListeners(signal)).toBe(0);
});

describe("rejects invalid arguments at the call:", () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("interval %s", (intervalMs) => {
    expect(() => new RuntimeEmitter(emitter, { intervalMs })).toThrow(
      `intervalMs must be a positive number of milliseconds up to 2147483647, got ${intervalMs}`,
    );
  });

  test("an invalid emitter or source id", () => {
    expect(() => new RuntimeEmitter(undefined as unknown as Emitter)).toThrow(
      "emitter must be an object with emitGauge, got undefined",
    );
    expect(() => new RuntimeEmitter(emitter, { sourceId: 3 as unknown as string })).toThrow(
      "sourceId must be a string, got 3",
    );
  });

  test("unknown options", () => {
    expect(() => new RuntimeEmitter(emitter, { interval: 5 } as never)).toThrow(
      'unknown option "interval"; did you mean "intervalMs"?',
    );
  });

  test("an invalid signal or logger", () => {
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => new RuntimeEmitter(emitter, { signal })).toThrow(
      /^signal must be .*AbortController/,
    );
    const logger = { error() {} } as unknown as typeof console;
    expect(() => new RuntimeEmitter(emitter, { logger })).toThrow(
      /^logger must be .* without debug$/,
    );
  });
});

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {}
}
