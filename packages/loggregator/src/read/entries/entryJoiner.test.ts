import { counterEnvelope, type Envelope, logEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf } from "../../text/envelopeText.js";
import { type Entry, EntryJoiner } from "./entryJoiner.js";

const log = (instanceId: string, text: string) =>
  logEnvelope(text, { sourceId: "app", instanceId, stream: "stdout" });

const texts = (entries: readonly Entry[]) =>
  entries.map((entry) => entry.map((envelope) => lineOf(envelope).text));

test("joins traces of instances whose lines are mixed", () => {
  const joiner = new EntryJoiner();
  const batch = [
    log("0", "Error: x"),
    log("1", "Error: y"),
    log("0", "  at a"),
    counterEnvelope("requests", { sourceId: "app", instanceId: "0" }),
    log("1", "  at b"),
    log("0", "  at c"),
    log("0", "done"),
  ];
  expect(texts(joiner.push(batch, 0))).toEqual([["Error: x", "  at a", "  at c"]]);
  expect(texts(joiner.take(99))).toEqual([]);
  expect(texts(joiner.take(100))).toEqual([["Error: y", "  at b"], ["+1"], ["done"]]);
  expect(joiner.dueMs).toBeUndefined();
});

test("joins a trace in the colours of its app", () => {
  const joiner = new EntryJoiner();
  const red = (text: string) => log("0", `\x1b[31m${text}\x1b[0m`);
  const batch = [red("Error: x"), red("    at a"), red("Traceback (most recent call last):")];
  const entries = [...joiner.push([...batch, red("it is done")], 0), ...joiner.flush()];
  expect(entries.map((entry) => entry.length)).toEqual([3, 1]);
});

test("holds a log until its instance is quiet, for at most a second", () => {
  const joiner = new EntryJoiner();
  joiner.push([log("0", "Error: x")], 0);
  for (let now = 50; now < 1_000; now += 50) {
    expect(joiner.push([log("0", "  at a")], now)).toEqual([]);
    expect(joiner.dueMs).toBe(Math.min(now + 100, 1_000));
  }
  expect(joiner.take(1_000)).toHaveLength(1);
});

test("does not mix the streams of an instance", () => {
  const joiner = new EntryJoiner();
  const stderr = logEnvelope("  at a", { sourceId: "app", instanceId: "0", stream: "stderr" });
  joiner.push([log("0", "x"), stderr], 0);
  expect(joiner.flush()).toHaveLength(2);
});

test("bounds the envelopes that it holds, and the lines of an entry", () => {
  const joiner = new EntryJoiner();
  const many = Array.from({ length: 25_000 }, (_, id) => log(String(id), "x"));
  expect(joiner.push(many, 0)).toHaveLength(15_000);
  expect(joiner.flush()).toHaveLength(10_000);
  const lines = Array.from({ length: 2_500 }, () => log("0", " x"));
  const entries = [...joiner.push(lines, 0), ...joiner.flush()];
  expect(entries.map((entry) => entry.length)).toEqual([1_000, 1_000, 500]);
});

test("loses and repeats nothing, and keeps the order of each instance", () => {
  const line = fc.record({
    instance: fc.constantFrom("0", "1", "2"),
    text: fc.constantFrom("x", "  at y", "Traceback (most recent call last):", "E: z"),
    waitMs: fc.constantFrom(0, 30, 120),
  });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const joiner = new EntryJoiner();
      const sent: Envelope[] = [];
      const received: Entry[] = [];
      let now = 0;
      for (const { instance, text, waitMs } of lines) {
        now += waitMs;
        const envelope = log(instance, text);
        sent.push(envelope);
        received.push(...joiner.push([envelope], now));
      }
      received.push(...joiner.flush());
      expect(new Set(received.flat())).toEqual(new Set(sent));
      expect(received.flat()).toHaveLength(sent.length);
      for (const id of ["0", "1", "2"]) {
        const of = (envelopes: readonly Envelope[]) =>
          envelopes.filter(({ instanceId }) => instanceId === id);
        expect(of(received.flat())).toEqual(of(sent));
      }
      const heads = received.map(([first]) => sent.indexOf(first));
      expect(heads).toEqual(heads.toSorted((a, b) => a - b));
    }),
  );
});
