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

describe("what the server is asked for", () => {
  test("is everything, where nothing is said", () => {
    expect(selectorsOf({})).toEqual(selectAll());
  });

  test("is every type of every source, each once: what two selectors match comes twice", () => {
    expect(selectorsOf({ sourceId: ["a", "b", "a"], type: ["log", "gauge", "log"] })).toEqual([
      selectLog({ sourceId: "a" }),
      selectGauge({ sourceId: "a" }),
      selectLog({ sourceId: "b" }),
      selectGauge({ sourceId: "b" }),
    ]);
  });

  test("is the types that have names, where a name is given: counters of that name", () => {
    expect(selectorsOf({ name: ["cpu", "requests", "cpu"] })).toEqual([
      selectCounter({ name: "cpu" }),
      selectCounter({ name: "requests" }),
      selectGauge(),
      selectTimer(),
    ]);
  });

  test("is never a name of what has none", () => {
    expect(() => selectorsOf({ name: ["x"], type: ["gauge", "log"] })).toThrow(UsageError);
    expect(() => selectorsOf({ name: ["x"], type: ["event"] })).toThrow("--name");
  });
});

test("gauges with one of the names are kept, whatever else they hold", () => {
  const keep = keeps({ name: ["cpu", "http"] });
  expect(keep(gaugeEnvelope({ cpu: { value: 1 }, memory: { value: 2 } }))).toBe(true);
  expect(keep(gaugeEnvelope({ memory: { value: 2 } }))).toBe(false);
  expect(keep(timerEnvelope("http", 0n, 1n))).toBe(true);
  expect(keep(counterEnvelope("requests"))).toBe(false);
  expect(keep(logEnvelope("cpu"))).toBe(false);
  expect(keep(eventEnvelope("cpu", "http"))).toBe(false);
});
