import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EnvelopeRing } from "./envelopeRing.js";

const log = (text: string) => logEnvelope(text, { sourceId: "app" });

describe("EnvelopeRing", () => {
  test("keeps the newest, numbered in order of arrival", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 40 }), (capacity, count) => {
        const ring = new EnvelopeRing(capacity, 1e9);
        const all = Array.from({ length: count }, (_, index) => log(`line ${index}`));
        for (const envelope of all) {
          ring.push(envelope);
        }
        expect(ring.end).toBe(count);
        expect(ring.first).toBe(Math.max(0, count - capacity));
        all.forEach((envelope, number) => {
          expect(ring.at(number)).toBe(number < ring.first ? undefined : envelope);
        });
        expect(ring.at(count)).toBeUndefined();
      }),
    );
  });

  test("removes the oldest earlier if they are large", () => {
    const ring = new EnvelopeRing(1000, 1_000_000);
    for (let index = 0; index < 50; index += 1) {
      ring.push(log("x".repeat(100_000)));
    }
    expect(ring.end - ring.first).toBe(9);
    const metrics = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`metric-${index}`, { value: 1, unit: "u" }]),
    );
    ring.push(gaugeEnvelope(metrics));
    expect(ring.end - ring.first).toBeLessThan(9);
  });

  test("counts the size of deprecated tags", () => {
    const ring = new EnvelopeRing(1000, 1_000_000);
    const value = { data: { $case: "text" as const, value: "x".repeat(50_000) } };
    for (let index = 0; index < 50; index += 1) {
      ring.push({ ...log("x"), deprecatedTags: { large: value } });
    }
    expect(ring.end - ring.first).toBe(9);
  });

  test("keeps the newest one even if it alone is too large", () => {
    const ring = new EnvelopeRing(10, 1_000);
    ring.push(log("small"));
    ring.push(log("x".repeat(5_000)));
    expect([ring.first, ring.end]).toEqual([1, 2]);
    ring.push(log("small"));
    expect([ring.first, ring.end]).toEqual([2, 3]);
  });

  test("continues to count after it was cleared", () => {
    const ring = new EnvelopeRing(3, 1e9);
    ring.push(log("a"));
    ring.clear();
    expect([ring.first, ring.end, ring.at(0)]).toEqual([1, 1, undefined]);
    const next = log("b");
    ring.push(next);
    expect(ring.at(1)).toBe(next);
  });
});
