import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
  timerEnvelope,
} from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { envelopeJson } from "./envelopeJson.js";
import type { Paint } from "./paint.js";
import { EnvelopeRenderer } from "./renderEnvelope.js";

const plain: Paint = (_, text) => text;
// Half past ten, wherever the tests run.
const timestamp = new Date(2026, 10, 22, 10, 30, 0, 7);
const source = { sourceId: "my-app", instanceId: "0", timestamp };

function line(envelope: Envelope): string {
  return new EnvelopeRenderer({ paint: plain }).render(envelope);
}

describe("a line", () => {
  test.each([
    [
      "a log of stdout",
      logEnvelope("GET / 200", { ...source, stream: "stdout", sourceType: "APP/PROC/WEB" }),
      "10:30:00.007  my-app/0      LOG      APP/PROC/WEB  GET / 200",
    ],
    [
      "a log of stderr, without colours too",
      logEnvelope("refused", source),
      "10:30:00.007  my-app/0      LOG ERR                refused",
    ],
    [
      "a log that ends in a line end",
      logEnvelope("hello\r\n", source),
      "10:30:00.007  my-app/0      LOG ERR                hello",
    ],
    [
      "a counter that grew",
      counterEnvelope("requests", { ...source, delta: 2 }),
      "10:30:00.007  my-app/0      COUNTER  requests      +2",
    ],
    [
      "a counter's total",
      counterEnvelope("requests", { ...source, total: 17 }),
      "10:30:00.007  my-app/0      COUNTER  requests      17 in all",
    ],
    [
      "a gauge",
      gaugeEnvelope({ cpu: { value: 12.5, unit: "%" }, load: { value: Number.NaN } }, source),
      "10:30:00.007  my-app/0      GAUGE    cpu           12.5 %, load NaN",
    ],
    [
      "a timer",
      timerEnvelope("http", 1_000_000n, 24_500_000n, source),
      "10:30:00.007  my-app/0      TIMER    http          23.5 ms",
    ],
    [
      "an event",
      eventEnvelope("deploy", "v42 is live", source),
      "10:30:00.007  my-app/0      EVENT    deploy        v42 is live",
    ],
    [
      "an envelope without instance and message",
      { ...logEnvelope("", { sourceId: "router", timestamp }), message: undefined },
      "10:30:00.007  router        NONE",
    ],
  ])("shows %s", (_, envelope, expected) => {
    expect(line(envelope)).toBe(expected);
  });

  test("shows all tags if asked", () => {
    const renderer = new EnvelopeRenderer({ paint: plain, tags: true });
    const envelope = eventEnvelope("deploy", "", { ...source, tags: { a: "1", b: "\x1b2" } });
    expect(renderer.render(envelope)).toMatch(/deploy +a=1 b=\\x1b2$/);
  });

  test("has no control character of an envelope", () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const renderer = new EnvelopeRenderer({ paint: plain, tags: true });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const options = { ...source, sourceId: a, instanceId: b, tags: { [b]: c, source_type: a } };
        const envelopes = [
          logEnvelope(c, options),
          counterEnvelope(c, options),
          gaugeEnvelope({ [c]: { value: 1, unit: a }, [b]: { value: 1, unit: c } }, options),
          timerEnvelope(c, 0n, 1n, options),
          eventEnvelope(b, c, options),
        ];
        for (const envelope of envelopes) {
          expect(renderer.render(envelope)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        }
      }),
    );
  });
});

test("aligns lines after the widest one", () => {
  const renderer = new EnvelopeRenderer({ paint: plain });
  const of = (sourceId: string) =>
    renderer.render(eventEnvelope("x", "y", { timestamp, sourceId })).indexOf("EVENT");
  expect(of("short")).toBe(28);
  expect(of("984992f6-3cfb-4417-9321-786ee5233e9c")).toBe(52);
  expect(of("short")).toBe(52);
});

test("names apps by their tags, and sources by their ids with all tags", () => {
  const tags = { app_name: "checkout", space_name: "prod" };
  const envelope = eventEnvelope("deploy", "", { ...source, tags });
  expect(line(envelope)).toContain("  checkout/0 (prod)  EVENT  ");
  const renderer = new EnvelopeRenderer({ paint: plain, tags: true });
  expect(renderer.render(envelope)).toMatch(/ {2}my-app\/0 +EVENT .* app_name=checkout /);
});

test("gives each source a color of its own", () => {
  const renderer = new EnvelopeRenderer({ paint: (style, text) => `<${style}>${text}</>` });
  const colorOf = (sourceId: string) =>
    /<(\w+)>(?:a|b|c) /.exec(
      renderer.render(eventEnvelope("x", "y", { timestamp, sourceId })),
    )?.[1];
  expect(["a", "b", "a", "c", "b"].map(colorOf)).toEqual([
    "cyan",
    "green",
    "cyan",
    "yellow",
    "green",
  ]);
});

test("highlights text, after its control characters have been escaped", () => {
  const paint: Paint = (style, text) => (style === "inverse" ? `<${text}>` : text);
  const render = (highlight: RegExp) =>
    new EnvelopeRenderer({ paint, highlight }).render(logEnvelope("an \x1b error", source));
  expect(render(/ERROR/i)).toMatch(/an \\x1b <error>$/);
  expect(render(/\\x1b/u)).toMatch(/an <\\x1b> error$/);
  expect(render(/x*/u)).toMatch(/an \\<x>1b error$/);
});

test.each([
  ["utc", /^10:30:00\.007Z {2}my-app/],
  ["relative", /^\+? *-?[\d.]+ {2}my-app/],
  ["none", /^my-app/],
] as const)("writes times as %s", (time, expected) => {
  const renderer = new EnvelopeRenderer({ paint: plain, time });
  const utc = new Date("2026-11-22T10:30:00.007Z");
  expect(renderer.render(eventEnvelope("x", "y", { ...source, timestamp: utc }))).toMatch(expected);
});

test("writes the date when it changes", () => {
  const renderer = new EnvelopeRenderer({ paint: plain, time: "utc" });
  const at = (text: string) =>
    renderer.render(eventEnvelope("x", "y", { ...source, timestamp: new Date(text) }));
  expect(at("2026-11-22T23:59:59.999Z")).toMatch(/^23:59:59\.999Z/);
  expect(at("2026-11-23T00:00:00.001Z")).toMatch(/^Mon, 23 Nov 2026\n00:00:00\.001Z/);
  expect(at("2026-11-23T00:00:00.002Z")).toMatch(/^00:00:00\.002Z/);
  expect(at("2026-11-22T23:59:59.999Z")).toMatch(/^Sun, 22 Nov 2026\n/);
});

test("a very long source does not widen the column for all", () => {
  const renderer = new EnvelopeRenderer({ paint: plain });
  renderer.render(eventEnvelope("x", "y", { timestamp, sourceId: "x".repeat(500) }));
  expect(renderer.render(eventEnvelope("x", "y", source)).length).toBeLessThan(100);
});

describe("envelopeJson", () => {
  test("is one line, and reads back as the same envelope", () => {
    const envelope = logEnvelope("a\nb\x1b", {
      ...source,
      sourceId: "x\u009b\ny",
      tags: { a: "1" },
    });
    const json = envelopeJson(envelope);
    expect(json).not.toMatch(/\p{Cc}/u);
    expect(parseEnvelopeBatch(`{"batch":[${json}]}`).batch).toEqual([envelope]);
  });

  test("has fields with default values, as the gateway's JSON has", () => {
    expect(JSON.parse(envelopeJson(counterEnvelope("requests", { timestamp })))).toMatchObject({
      source_id: "",
      tags: {},
      counter: { name: "requests", delta: "1", total: "0" },
    });
  });
});
