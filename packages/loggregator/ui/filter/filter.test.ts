import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { type Filter, predicateOf, types } from "./filter.js";

const envelopes = {
  log: logEnvelope("Payment refused", { sourceId: "Shop", instanceId: "1", sourceType: "RTR" }),
  counter: counterEnvelope("requests", { delta: 7, sourceId: "router" }),
  gauge: gaugeEnvelope({ cpu: { value: 3, unit: "percent" }, mem: { value: 4, unit: "B" } }),
  timer: timerEnvelope("http", 0n, 5_000_000n),
  event: eventEnvelope("deploy", "v42 is live"),
};

function passing(filter: Partial<Filter>): string[] {
  const passes = predicateOf({ types: new Set(types), source: "", text: "", ...filter });
  return Object.entries<Envelope>(envelopes)
    .filter(([, envelope]) => passes(envelope))
    .map(([name]) => name);
}

describe("predicateOf", () => {
  test("passes everything by default", () => {
    expect(passing({})).toEqual(["log", "counter", "gauge", "timer", "event"]);
  });

  test("selects types", () => {
    expect(passing({ types: new Set(["gauge", "event"]) })).toEqual(["gauge", "event"]);
    expect(passing({ types: new Set() })).toEqual([]);
  });

  test("selects by a part of source and instance, case-insensitive", () => {
    expect(passing({ source: " shop/1 " })).toEqual(["log"]);
    expect(passing({ source: "ROUT" })).toEqual(["counter"]);
  });

  test("selects by a part of the name or the text, case-insensitive", () => {
    expect(passing({ text: "refused" })).toEqual(["log"]);
    expect(passing({ text: "rtr" })).toEqual(["log"]);
    expect(passing({ text: "REQUESTS" })).toEqual(["counter"]);
    expect(passing({ text: "+7" })).toEqual(["counter"]);
    expect(passing({ text: "mem 4 b" })).toEqual(["gauge"]);
    expect(passing({ text: "5 ms" })).toEqual(["timer"]);
    expect(passing({ text: "v42" })).toEqual(["event"]);
  });

  test("combines all conditions", () => {
    expect(passing({ types: new Set(["log"]), source: "shop", text: "refused" })).toEqual(["log"]);
    expect(passing({ types: new Set(["log"]), source: "router" })).toEqual([]);
  });
});
