import { expect, test } from "vitest";
import { UsageError } from "../errors.js";
import { parseCounter, parseEvent, parseGauge, parseTimer } from "./metrics.js";

test.each([
  ["requests", { name: "requests", number: undefined }],
  ["requests 2", { name: "requests", number: 2n }],
  ["requests 18446744073709551615", { name: "requests", number: 2n ** 64n - 1n }],
])("a counter is written %j", (text, counter) => {
  expect(parseCounter(text.split(" "))).toEqual(counter);
});

test.each([
  ["cpu=12.5:percentage", { cpu: { value: 12.5, unit: "percentage" } }],
  ["a=1 b=-2e3:B", { a: { value: 1, unit: "" }, b: { value: -2000, unit: "B" } }],
  ["a=b=3:m/s", { "a=b": { value: 3, unit: "m/s" } }],
  ["a=NaN", { a: { value: Number.NaN, unit: "" } }],
  ["a=-Infinity", { a: { value: Number.NEGATIVE_INFINITY, unit: "" } }],
])("a gauge is written %j", (text, metrics) => {
  expect(parseGauge(text.split(" "))).toEqual(metrics);
});

test.each([
  ["http 23ms", 23_000_000n],
  ["http 1.5s", 1_500_000_000n],
  ["http 7ns", 7n],
  ["http 2us", 2_000n],
  ["http 2µs", 2_000n],
  ["http 2m", 120_000_000_000n],
  ["http 1h", 3_600_000_000_000n],
])("a timer is written %j", (text, nanoseconds) => {
  expect(parseTimer(text.split(" "))).toEqual({ name: "http", nanoseconds });
});

test("an event is written with a tab between its title and its body", () => {
  expect(parseEvent("deploy\tv42 is\tlive")).toEqual({ title: "deploy", body: "v42 is\tlive" });
});

test.each([
  [() => parseCounter([]), "NAME or NAME NUMBER"],
  [() => parseCounter(["a", "-1"]), '"a -1"'],
  [() => parseCounter(["a", "1.5"]), '"a 1.5"'],
  [() => parseCounter(["a", "1", "2"]), '"a 1 2"'],
  [() => parseCounter(["a", "18446744073709551616"]), "a number up to 18446744073709551615"],
  [() => parseGauge([]), "NAME=VALUE"],
  [() => parseGauge(["cpu"]), '"cpu"'],
  [() => parseGauge(["cpu="]), '"cpu="'],
  [() => parseGauge(["cpu=fast"]), '"cpu=fast"'],
  [() => parseTimer(["http"]), "NAME DURATION"],
  [() => parseTimer(["http", "23"]), '"http 23"'],
  [() => parseTimer(["http", "-23ms"]), '"http -23ms"'],
  [() => parseTimer(["http", "999999999h"]), "999999999h"],
  [() => parseEvent("deploy"), "a tab"],
  [() => parseCounter(["a", "9".repeat(100_000)]), "NAME or NAME NUMBER"],
])("rejects other text and shows the valid form: %#", (parse, part) => {
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(part);
});

test("shows only the beginning of long text", () => {
  const parse = () => parseEvent("x".repeat(50_000));
  expect(parse).toThrow(`"${"x".repeat(100)}…"`);
});

test.each([
  ["a gauge of equals signs", (n: number) => parseGauge([`${"a=".repeat(n)}`])],
  ["a gauge of colons", (n: number) => parseGauge([`a=${":".repeat(n)}`])],
  ["a gauge without a value", (n: number) => parseGauge([`${"a".repeat(n)}=`])],
  ["a counter of digits", (n: number) => parseCounter(["a", "1".repeat(n)])],
  ["a timer of digits", (n: number) => parseTimer(["a", "1".repeat(n)])],
  ["a timer of dots", (n: number) => parseTimer(["a", "1.".repeat(n)])],
])("rejects a long line in linear time: %s", (_, parse) => {
  const started = performance.now();
  expect(() => parse(1_000_000)).toThrow(UsageError);
  // A quadratic pattern takes minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});
