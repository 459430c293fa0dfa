import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { expect, test } from "vitest";
import { JsonlPrinter } from "./jsonlPrinter.js";

const tags = { app_name: "checkout", space_name: "prod", organization_name: "shop" };
const options = { sourceId: "guid", instanceId: "2", timestamp: 1_769_860_800_000_000_001n };

function parsed(envelope: Envelope): unknown {
  const text = new JsonlPrinter().print([envelope]);
  expect(text).toMatch(/^[^\n]+\n$/);
  return JSON.parse(text);
}

test("decodes logs, and detects their level", () => {
  expect(parsed(logEnvelope("ERROR: é\x1b[0m\n", { ...options, tags }))).toEqual({
    time: "2026-01-31T12:00:00.000000001Z",
    type: "log",
    source_id: "guid",
    instance_id: "2",
    app: "checkout",
    space: "prod",
    org: "shop",
    stream: "stderr",
    level: "error",
    text: "ERROR: é\x1b[0m",
    tags,
  });
});

test("has the values of metrics and events", () => {
  expect(parsed(counterEnvelope("c", { ...options, delta: 2 }))).toMatchObject({
    type: "counter",
    name: "c",
    delta: 2,
    total: 0,
  });
  const metrics = { cpu: { value: 1.5, unit: "%" }, load: { value: Number.NaN, unit: "" } };
  expect(parsed(gaugeEnvelope(metrics, options))).toMatchObject({
    metrics: { cpu: { value: 1.5, unit: "%" }, load: { value: "NaN", unit: "" } },
  });
  expect(parsed(timerEnvelope("http", 0n, 1_500_000n, options))).toMatchObject({
    name: "http",
    start: "1970-01-01T00:00:00.000000000Z",
    duration_ms: 1.5,
  });
  expect(parsed(eventEnvelope("deploy", "v42", options))).toMatchObject({
    title: "deploy",
    text: "v42",
  });
});

test("writes large counters with all digits", () => {
  const text = new JsonlPrinter().print([counterEnvelope("c", { total: 2n ** 63n })]);
  expect(text).toContain('"total":9223372036854775808,');
});

test("prints every line of an entry", () => {
  const text = new JsonlPrinter().print([logEnvelope("a"), logEnvelope(" b")]);
  expect(text.trimEnd().split("\n")).toHaveLength(2);
});
