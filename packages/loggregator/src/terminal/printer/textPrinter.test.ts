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
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry } from "../../read/entries/entryJoiner.js";
import { type Paint, paintFor } from "../paint.js";
import { envelopeJson } from "./envelopeJson.js";
import { TextPrinter, type TextPrinterOptions } from "./textPrinter.js";

// Half past ten, wherever the tests run.
const timestamp = new Date(2026, 10, 22, 10, 30, 0, 7);
const source = { sourceId: "my-app", instanceId: "0", timestamp };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: timestamp });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Returns a function that prints single envelopes, without the line end. */
function printer(options: TextPrinterOptions = {}): (...entry: Entry) => string {
  const printer = new TextPrinter(options);
  return (...entry) => printer.print(entry).slice(0, -1);
}

const line = (envelope: Envelope) => printer()(envelope);

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
      "10:30:00.007  my-app/0      COUNTER  requests      17 in total",
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

  test("shows all tags if requested", () => {
    const print = printer({ tags: true });
    const envelope = eventEnvelope("deploy", "", { ...source, tags: { a: "1", b: "\x1b2" } });
    expect(print(envelope)).toMatch(/deploy +a=1 b=\\x1b2$/);
  });

  test("has no control character of an envelope", () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const print = printer({ tags: true });
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
          // Further lines are indented.
          const text = print(envelope).replaceAll(/\n +/g, "");
          expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        }
      }),
    );
  });
});

test("aligns lines after the widest one", () => {
  const print = printer();
  const of = (sourceId: string) =>
    print(eventEnvelope("x", "y", { timestamp, sourceId })).indexOf("EVENT");
  expect(of("short")).toBe(28);
  expect(of("984992f6-3cfb-4417-9321-786ee5233e9c")).toBe(52);
  expect(of("short")).toBe(52);
});

test("names apps by their tags, and sources by their ids with all tags", () => {
  const tags = { app_name: "checkout", space_name: "prod" };
  const envelope = eventEnvelope("deploy", "", { ...source, tags });
  expect(line(envelope)).toContain("  checkout/0 (prod)  EVENT  ");
  const print = printer({ tags: true });
  expect(print(envelope)).toMatch(/ {2}my-app\/0 +EVENT .* app_name=checkout /);
});

test("gives a source the same colour in every run", () => {
  const colorsOf = (...sourceIds: string[]) => {
    const print = printer({ paint: (style, text) => `<${style}>${text}</>` });
    return sourceIds.map((sourceId) => {
      const printed = print(eventEnvelope("x", "y", { timestamp, sourceId }));
      return /<(color \d+)>/.exec(printed)?.[1];
    });
  };
  const colors = colorsOf("a", "b", "a", "c");
  expect(colors[0]).toMatch(/^color \d+$/);
  expect(colors[2]).toBe(colors[0]);
  expect(colorsOf("c", "b", "a")).toEqual([colors[3], colors[1], colors[0]]);
  // More than the eight of a basic terminal.
  const guids = Array.from({ length: 200 }, (_, id) => `984992f6-3cfb-4417-9321-${id}`);
  expect(new Set(colorsOf(...guids)).size).toBeGreaterThan(8);
});

test("highlights text, after its control characters have been escaped", () => {
  const paint: Paint = (style, text) => (style === "inverse" ? `<${text}>` : text);
  const render = (highlight: RegExp) =>
    printer({ paint, highlight })(logEnvelope("an \x1b error", source));
  expect(render(/ERROR/i)).toMatch(/an \\x1b <error>$/);
  expect(render(/\\x1b/u)).toMatch(/an <\\x1b> error$/);
  expect(render(/x*/u)).toMatch(/an \\<x>1b error$/);
});

test.each([
  ["utc", /^10:30:00\.007Z {2}my-app/],
  ["relative", /^ {3}\+0\.000 {2}my-app/],
  ["none", /^my-app/],
] as const)("writes times as %s", (time, expected) => {
  const utc = new Date("2026-11-22T10:30:00.007Z");
  vi.setSystemTime(utc);
  const print = printer({ time });
  expect(print(eventEnvelope("x", "y", { ...source, timestamp: utc }))).toMatch(expected);
});

test("writes the date when it changes, and first if it is not today's", () => {
  vi.setSystemTime(new Date("2026-11-22T12:00:00Z"));
  const yesterday = eventEnvelope("x", "y", { timestamp: new Date("2026-11-21T23:00:00Z") });
  expect(printer({ time: "utc" })(yesterday)).toMatch(/^Sat, 21 Nov 2026\n23:00:00\.000Z/);
  const print = printer({ time: "utc" });
  const at = (text: string) =>
    print(eventEnvelope("x", "y", { ...source, timestamp: new Date(text) }));
  expect(at("2026-11-22T23:59:59.999Z")).toMatch(/^23:59:59\.999Z/);
  expect(at("2026-11-23T00:00:00.001Z")).toMatch(/^Mon, 23 Nov 2026\n00:00:00\.001Z/);
  expect(at("2026-11-23T00:00:00.002Z")).toMatch(/^00:00:00\.002Z/);
  expect(at("2026-11-22T23:59:59.999Z")).toMatch(/^Sun, 22 Nov 2026\n/);
});

test("a very long source does not widen the column for all", () => {
  const print = printer();
  print(eventEnvelope("x", "y", { timestamp, sourceId: "x".repeat(500) }));
  expect(print(eventEnvelope("x", "y", source)).length).toBeLessThan(100);
});

test("indents the lines of a stack trace and of a message", () => {
  const print = printer();
  const trace = ["TypeError: x", "    at pay", "\tat cart\x1b[2J"].map((text) =>
    logEnvelope(text, { ...source, stream: "stdout" }),
  ) as unknown as Entry;
  expect(print(...trace)).toBe(
    [
      "10:30:00.007  my-app/0      LOG                    TypeError: x",
      "                      at pay",
      "                      at cart\\x1b[2J",
    ].join("\n"),
  );
  expect(printer({ time: "none" })(logEnvelope("a\r\nb\n", source))).toBe(
    "my-app/0      LOG ERR                a\n    b",
  );
});

test("shows logs in JSON by fields", () => {
  const envelope = logEnvelope('{"level":30,"msg":"paid","id":7}', { ...source, stream: "stdout" });
  expect(printer({ jsonLogs: "line" })(envelope)).toMatch(/ {2}INFO paid id=7$/);
  expect(printer({ fields: ["id", "msg"] })(envelope)).toMatch(/ {2}7 paid$/);
  expect(printer({ jsonLogs: "pretty" })(envelope)).toMatch(/ {2}\{\n +"level": 30,\n/);
});

test.each([
  ["ERROR x", "stdout", "red"],
  ["WARN x", "stderr", "yellow"],
  ["DEBUG x", "stdout", "gray"],
  ["x", "stderr", "red"],
] as const)("colours %j of %s by its level, or else its stream", (text, stream, color) => {
  const print = printer({ paint: (style, text) => `<${style}>${text}</>` });
  expect(print(logEnvelope(text, { ...source, stream }))).toContain(`<${color}>${text}</>`);
});

test("keeps the colours of an app only with colours", () => {
  const envelope = logEnvelope("\x1b[32mok\x1b[0m \x1b[2J", { ...source, stream: "stdout" });
  const paint: Paint = (_, text) => text;
  expect(printer({ paint })(envelope)).toContain("  \x1b[32mok\x1b[0m \\x1b[2J\x1b[0m");
  expect(line(envelope)).toMatch(/ {2}ok \\x1b\[2J$/);
});

test.each([
  [logEnvelope("hello", { ...source, sourceType: "APP/PROC/WEB" }), "my-app/0      ERR  hello"],
  [logEnvelope("hello", { ...source, sourceType: "RTR" }), "my-app/0      ERR  RTR hello"],
  [counterEnvelope("requests", { ...source, delta: 2 }), "my-app/0      CNT  requests +2"],
  [
    eventEnvelope("deploy", "x", { ...source, sourceId: "a-very-long-name-of-an-app" }),
    "a-very-long-name-of…  EVT  deploy x",
  ],
])("has short columns on a narrow terminal", (envelope, expected) => {
  expect(printer({ columns: 80 })(envelope)).toBe(`10:30:00.007  ${expected}`);
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

test("colours sources from the palette of 256 colours", () => {
  const paint = paintFor({}, "always");
  expect(paint("color 33", "my-app")).toBe("\x1b[38;5;33mmy-app\x1b[39m");
});
