import { describe, expect, test } from "vitest";
import { counterName, gaugeName, labelName } from "./names.js";

describe("metric names", () => {
  test.each([
    ["requests", "requests_total"],
    ["requests_total", "requests_total"],
    ["http.requests-2xx", "http_requests_2xx_total"],
    ["5xx", "_5xx_total"],
    ["a:b", "a_b_total"],
    ["größe", "gr__e_total"],
    ["", "__total"],
  ])("the counter %j is %j", (name, expected) => {
    expect(counterName(name)).toBe(expected);
  });

  test.each([
    ["latency", "ms", "latency_milliseconds"],
    ["latency", "Seconds", "latency_seconds"],
    ["cpu", "percentage", "cpu_percent"],
    ["disk_bytes", "bytes", "disk_bytes"],
    ["rate", "bytes/s", "rate_bytes_per_seconds"],
    ["queue", "gauge", "queue"],
    ["queue", "", "queue"],
    ["queue", "{request}", "queue_request"],
    ["memoryStats.numBytes", "B", "memoryStats_numBytes_bytes"],
  ])("the gauge %j in %j is %j", (name, unit, expected) => {
    expect(gaugeName(name, unit)).toBe(expected);
  });

  test.each([
    ["process-type", "process_type"],
    ["__name__", "_name__"],
    ["1st", "_1st"],
    ["__proto__", "_proto__"],
  ])("the tag %j is the label %j", (name, expected) => {
    expect(labelName(name)).toBe(expected);
  });
});
