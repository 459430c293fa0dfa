import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  selectAll,
  selectCounter,
  selectGauge,
  selectLog,
  selectTimer,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { UsageError } from "../errors.js";
import { keeps, selectorsOf } from "./selection.js";

describe("the selectors for the server", () => {
  test("select everything by default", () => {
    expect(selectorsOf({})).toEqual(selectAll());
  });

  test("contain every type of every source once, as overlapping selectors would duplicate envelopes", () => {
    expect(selectorsOf({ sourceId: ["a", "b", "a"], type: ["log", "gauge", "log"] })).toEqual([
      selectLog({ sourceId: "a" }),
      selectGauge({ sourceId: "a" }),
      selectLog({ sourceId: "b" }),
      selectGauge({ sourceId: "b" }),
    ]);
  });

  test("contain the types with names if a name is given, and counters of that name", () => {
    expect(selectorsOf({ name: ["cpu", "requests", "cpu"] })).toEqual([
      selectCounter({ name: "cpu" }),
      selectCounter({ name: "requests" }),
      selectGauge(),
      selectTimer(),
    ]);
  });

  test("reject names of types without a name", () => {
    expect(() => selectorsOf({ name: ["x"], type: ["gauge", "log"] })).toThrow(UsageError);
    expect(() => selectorsOf({ name: ["x"], type: ["event"] })).toThrow("--name");
  });
});

test("gauges with one of the names are kept, with any other metrics", () => {
  const keep = keeps({ name: ["cpu", "http"] });
  expect(keep(gaugeEnvelope({ cpu: { value: 1 }, memory: { value: 2 } }))).toBe(true);
  expect(keep(gaugeEnvelope({ memory: { value: 2 } }))).toBe(false);
  expect(keep(timerEnvelope("http", 0n, 1n))).toBe(true);
  expect(keep(counterEnvelope("requests"))).toBe(false);
  expect(keep(logEnvelope("cpu"))).toBe(false);
  expect(keep(eventEnvelope("cpu", "http"))).toBe(false);
});
