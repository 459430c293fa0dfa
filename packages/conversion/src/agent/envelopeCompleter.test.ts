import { counterEnvelope, type Envelope, isCounter, logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { EnvelopeCompleter } from "./envelopeCompleter.js";

function totals(completer: EnvelopeCompleter, envelopes: readonly Envelope[]): bigint[] {
  return envelopes.map((envelope) => {
    const completed = completer.complete(envelope);
    return isCounter(completed) ? completed.message.value.total : -1n;
  });
}

test("a complete envelope is returned unchanged", () => {
  const envelope = logEnvelope("hello", { sourceId: "app", tags: { origin: "rep" } });
  expect(new EnvelopeCompleter().complete(envelope)).toBe(envelope);
});

test("an empty source id becomes the origin, and the agent's tags are added", () => {
  const envelope = logEnvelope("hello", { tags: { origin: "rep", job: "cell" } });
  const completed = new EnvelopeCompleter([
    ["deployment", "cf"],
    ["job", "agent"],
  ]).complete(envelope);
  expect(completed).toMatchObject({
    sourceId: "rep",
    tags: { origin: "rep", job: "cell", deployment: "cf" },
  });
  expect(envelope.sourceId).toBe("");
});

// Observed with a real agent, see docs/protocol.md.
test("totals are summed, replaced and wrapped as an agent does", () => {
  const counter = (delta: number, total = 0n) => ({
    ...counterEnvelope("requests", { sourceId: "app", delta }),
    message: {
      $case: "counter" as const,
      value: { name: "requests", delta: BigInt(delta), total },
    },
  });
  const completer = new EnvelopeCompleter();
  const sent = [counter(1), counter(2), counter(0, 10n), counter(5), counter(3, 100n), counter(0)];
  expect(totals(completer, sent)).toEqual([1n, 3n, 10n, 15n, 100n, 0n]);
  expect(totals(completer, [counter(0, 2n ** 64n - 1n), counter(2)])).toEqual([2n ** 64n - 1n, 1n]);
});

test("series differ by source id, name and tags, but not by instance id", () => {
  const completer = new EnvelopeCompleter();
  const counter = (name: string, sourceId: string, instanceId: string, tag: string) =>
    counterEnvelope(name, { sourceId, instanceId, tags: { tag } });
  const sent = [
    counter("a", "app", "0", "x"),
    counter("a", "app", "1", "x"),
    counter("b", "app", "0", "x"),
    counter("a", "other", "0", "x"),
    counter("a", "app", "0", "y"),
  ];
  expect(totals(completer, sent)).toEqual([1n, 2n, 1n, 1n, 1n]);
});

test("discards all series above 10,000, or if their names and tags are too long", () => {
  const completer = new EnvelopeCompleter();
  const first = counterEnvelope("first", { sourceId: "app" });
  totals(completer, [first]);
  for (let i = 0; i < 10_000; i++) {
    completer.complete(counterEnvelope(`other-${i}`, { sourceId: "app" }));
  }
  expect(totals(completer, [first])).toEqual([1n]);
  for (let i = 0; i < 20; i++) {
    completer.complete(counterEnvelope(`${i}${"x".repeat(1024 * 1024)}`, { sourceId: "app" }));
  }
  expect(totals(completer, [first])).toEqual([1n]);
});

test("clear() discards all totals", () => {
  const completer = new EnvelopeCompleter();
  const counter = counterEnvelope("requests", { sourceId: "app", delta: 2 });
  totals(completer, [counter]);
  completer.clear();
  expect(totals(completer, [counter])).toEqual([2n]);
});
