import { type Envelope, logEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EnvelopeRing } from "../../src/ui/envelopeRing.js";
import { Matches } from "./matches.js";

const every =
  (divisor: number) =>
  ({ timestamp }: Envelope) =>
    Number(timestamp) % divisor === 0;

/** The numbers of all matches. */
function numbers(matches: Matches): number[] {
  return Array.from({ length: matches.end - matches.first }, (_, index) =>
    matches.numberOf(matches.first + index),
  );
}

describe("Matches", () => {
  test("are the numbers that pass the filter, in any sequence of steps", () => {
    const step = fc.record({
      pushed: fc.nat({ max: 200 }),
      divisor: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.array(step), (capacity, steps) => {
        const ring = new EnvelopeRing(capacity, 1e9);
        const matches = new Matches(ring);
        let passes = every(1);
        for (const { pushed, divisor } of steps) {
          for (let count = 0; count < pushed; count += 1) {
            ring.push(logEnvelope("", { timestamp: BigInt(ring.end) }));
          }
          if (divisor !== undefined) {
            passes = every(divisor);
            matches.restart(passes);
          }
          while (matches.behind > 0) {
            matches.advance(0);
          }
          matches.advance(0);
          const kept = Array.from(
            { length: ring.end - ring.first },
            (_, index) => ring.first + index,
          );
          expect(numbers(matches)).toEqual(
            kept.filter((number) => passes(ring.at(number) as Envelope)),
          );
        }
      }),
    );
  });

  test("finds the newest match up to a number", () => {
    const ring = new EnvelopeRing(100, 1e9);
    const matches = new Matches(ring);
    for (let index = 0; index < 50; index += 1) {
      ring.push(logEnvelope("", { timestamp: BigInt(index) }));
    }
    matches.restart(every(10));
    matches.advance(1_000);
    expect(numbers(matches)).toEqual([0, 10, 20, 30, 40]);
    expect(matches.numberOf(matches.lastUpTo(30))).toBe(30);
    expect(matches.numberOf(matches.lastUpTo(39))).toBe(30);
    expect(matches.numberOf(matches.lastUpTo(1_000))).toBe(40);
    expect(matches.lastUpTo(-1)).toBe(matches.first - 1);
  });

  test("checks a part at a time if there is little time", () => {
    const ring = new EnvelopeRing(10_000, 1e9);
    const matches = new Matches(ring);
    for (let index = 0; index < 10_000; index += 1) {
      ring.push(logEnvelope(""));
    }
    matches.advance(0);
    expect(matches.behind).toBeGreaterThan(0);
    expect(matches.behind).toBeLessThan(10_000);
  });
});
