import { counterEnvelope, gaugeEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { isStderr, lineOf, timeOf } from "./envelopeText.js";

describe("lineOf", () => {
  test("shows a counter's increment, its total, or both", () => {
    expect(lineOf(counterEnvelope("c", { delta: 2 })).text).toBe("+2");
    expect(lineOf(counterEnvelope("c", { total: 40 })).text).toBe("40 in total");
    expect(lineOf(counterEnvelope("c", { total: 0 })).text).toBe("+0");
  });

  test("shows all metrics of a gauge, under the name of the first", () => {
    const cpu = { value: 12.5, unit: "percent" };
    expect(lineOf(gaugeEnvelope({ cpu }))).toEqual({ name: "cpu", text: "12.5 %" });
    expect(lineOf(gaugeEnvelope({ cpu, load: { value: Number.NaN, unit: "" } }))).toEqual({
      name: "cpu",
      text: "12.5 %, load NaN",
    });
    expect(lineOf(gaugeEnvelope({}))).toEqual({ name: "", text: "" });
  });

  test("reads a bounded part of a log, and removes its line end", () => {
    const log = logEnvelope("first\nsecond\n", { sourceType: "APP" });
    expect(lineOf(log)).toEqual({ name: "APP", text: "first\nsecond" });
    expect(lineOf(log, 3).text).toBe("fir");
    expect(lineOf(logEnvelope("a \r\n")).text).toBe("a ");
  });

  test("is empty for an envelope without message", () => {
    expect(lineOf({ ...logEnvelope("x"), message: undefined })).toEqual({ name: "", text: "" });
  });
});

test.each([
  ["https://shop.example.com/cart?item=7", "200", "GET /cart?item=7 200 366 ms"],
  ["http://shop.example.com", "404", "GET / 404 366 ms"],
  ["/cart", "", "GET /cart 366 ms"],
])("shows a timer of a request to %s with status %j", (uri, status_code, text) => {
  const tags = { method: "GET", uri, status_code };
  expect(lineOf(timerEnvelope("http", 0n, 366_123_456n, { tags }))).toEqual({ name: "http", text });
});

test("isStderr recognizes logs of standard error", () => {
  expect(isStderr(logEnvelope("", { stream: "stderr" }))).toBe(true);
  expect(isStderr(logEnvelope("", { stream: "stdout" }))).toBe(false);
  expect(isStderr(counterEnvelope("c"))).toBe(false);
});

test("timeOf gives local time of any timestamp that fits", () => {
  const local = new Date(2026, 10, 22, 9, 5, 7, 42);
  expect(timeOf(BigInt(local.getTime()) * 1_000_000n + 999_999n)).toBe("09:05:07.042");
  for (const extreme of [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n]) {
    expect(timeOf(extreme)).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
  }
});
