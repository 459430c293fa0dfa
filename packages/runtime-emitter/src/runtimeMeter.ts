import { performance } from "node:perf_hooks";
import type { GaugeMetrics } from "@loggregator/api";
import { EventLoopDelay } from "./eventLoopDelay.js";
import { GcPause } from "./gcPause.js";

/** Measures the process until it is stopped. */
export class RuntimeMeter {
  readonly #gcPause = new GcPause();
  readonly #delay = new EventLoopDelay();
  #lastUtilization = performance.eventLoopUtilization();

  /** Returns the current metrics. Event loop metrics cover the time since the last call. */
  take(): GaugeMetrics {
    const memory = process.memoryUsage();
    const delay = this.#delay.take();
    return {
      "memoryStats.numBytesAllocatedHeap": { value: memory.heapUsed, unit: "Bytes" },
      "memoryStats.numBytesReservedHeap": { value: memory.heapTotal, unit: "Bytes" },
      "memoryStats.numBytesExternal": { value: memory.external, unit: "Bytes" },
      "memoryStats.numBytesArrayBuffers": { value: memory.arrayBuffers, unit: "Bytes" },
      "memoryStats.numBytesResident": { value: memory.rss, unit: "Bytes" },
      "memoryStats.lastGCPauseTimeNS": { value: this.#gcPause.lastNanoseconds, unit: "ns" },
      "eventLoop.meanDelayTimeNS": { value: delay.mean, unit: "ns" },
      "eventLoop.p99DelayTimeNS": { value: delay.p99, unit: "ns" },
      "eventLoop.maxDelayTimeNS": { value: delay.max, unit: "ns" },
      "eventLoop.utilization": { value: this.#takeUtilization(), unit: "Ratio" },
    };
  }

  stop(): void {
    this.#gcPause.stop();
    this.#delay.stop();
  }

  #takeUtilization(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#lastUtilization);
    this.#lastUtilization = now;
    return utilization;
  }
}
