import type { CounterOptions, Emitter, EnvelopeOptions, GaugeMetrics } from "@loggregator/api";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { PulseEmitter } from "../src/index.js";

type Emitted =
  | { name: string; options: CounterOptions | undefined }
  | { metrics: GaugeMetrics; options: EnvelopeOptions | undefined };

/** Records emitted metrics. */
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

/** Created for each test, with a mocked clock. */
export let emitter: RecordingEmitter;
export let stop: AbortController;
export let pulses: PulseEmitter;

/** Creates them before each test of a file. Modules are shared by files, so each has to call it. */
export function pulseInEachTest(): void {
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
}

/** Advances the clock to the next pulse. */
export const pulse = () => vi.advanceTimersByTime(1_000);
