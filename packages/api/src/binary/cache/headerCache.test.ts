import fc from "fast-check";
import { expect, test } from "vitest";
import { EnvelopeBatch } from "../../gen/loggregator/v2/envelope.js";
import {
  counterEnvelope,
  decodeEnvelopeBatch,
  type Envelope,
  EnvelopeBatchWriter,
  type LogOptions,
  logEnvelope,
} from "../../index.js";
import { HeaderCache } from "./headerCache.js";

const few = (...texts: string[]) => fc.constantFrom(...texts);
const options: fc.Arbitrary<LogOptions> = fc.record(
  {
    sourceId: few("", "a", "b"),
    instanceId: few("", "0"),
    sourceType: few("", "APP"),
    tags: fc
      .uniqueArray(fc.tuple(few("x", "y", "__proto__"), few("", "1", "ü")), {
        selector: ([name]) => name,
        maxLength: 3,
      })
      .map((entries) => Object.fromEntries(entries) as Record<string, string>),
  },
  { requiredKeys: [] },
);

test("repeated headers in any order are written correctly", () => {
  fc.assert(
    fc.property(
      fc.array(options, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 20, maxLength: 60 }),
      (pool, calls) => {
        const writer = new EnvelopeBatchWriter();
        const envelopes: Envelope[] = [];
        for (const [which, kind] of calls) {
          const chosen = { ...pool[which % pool.length], timestamp: 1n };
          if (kind === 0) {
            writer.log("m", chosen);
            envelopes.push(logEnvelope("m", chosen));
          } else if (kind === 1) {
            const { sourceType: _, ...counter } = chosen;
            writer.counter("c", counter);
            envelopes.push(counterEnvelope("c", counter));
          } else {
            const envelope = logEnvelope("e", chosen);
            writer.envelope(envelope);
            envelopes.push(envelope);
          }
        }
        expect(Buffer.from(writer.take()).toString("hex")).toBe(
          Buffer.from(EnvelopeBatch.encode({ batch: envelopes }).finish()).toString("hex"),
        );
      },
    ),
  );
});

test("tags that changed in the same object are written with their new values", () => {
  const writer = new EnvelopeBatchWriter({ client: "tag" });
  const tags: Record<string, string> = { a: "1" };
  const timestamp = 1n;
  const written = () => Buffer.from(writer.take()).toString("latin1");
  writer.log("m", { tags, timestamp });
  expect(written()).toContain("a\x12\x011");
  tags["a"] = "2";
  writer.log("m", { tags, timestamp });
  expect(written()).toContain("a\x12\x012");
  tags["client"] = "own";
  writer.log("m", { tags, timestamp });
  expect(written()).toMatch(/^(?!.*tag).*own/s);
  delete tags["a"];
  writer.log("m", { tags, timestamp });
  expect(written()).not.toContain("a\x12");
});

test("a value that is not a string is rejected even if the same tags were valid before", () => {
  const writer = new EnvelopeBatchWriter();
  const tags: Record<string, unknown> = { a: "1" };
  writer.log("m", { tags: tags as Record<string, string> });
  tags["a"] = 1;
  expect(() => writer.log("m", { tags: tags as Record<string, string> })).toThrow(/tags\["a"\]/);
  expect(writer.count).toBe(1);
});

test("headers that never repeat are written correctly, although most are not cached", () => {
  const writer = new EnvelopeBatchWriter();
  for (let i = 0; i < 300; i++) {
    const given = { sourceId: `s${i}`, tags: { id: String(i) }, timestamp: 1n };
    writer.log("m", given);
    const expected = EnvelopeBatch.encode({ batch: [logEnvelope("m", given)] }).finish();
    expect(Buffer.from(writer.take()).equals(expected)).toBe(true);
  }
});

test("inherited tags are ignored", () => {
  const writer = new EnvelopeBatchWriter();
  writer.log("m", { tags: { a: "1" }, timestamp: 1n });
  writer.take();
  writer.log("m", { tags: Object.create({ a: "1" }) as Record<string, string>, timestamp: 1n });
  const expected = EnvelopeBatch.encode({ batch: [logEnvelope("m", { timestamp: 1n })] }).finish();
  expect(Buffer.from(writer.take()).equals(expected)).toBe(true);
});

test("a header of more than 16 KiB is not cached, and written correctly", () => {
  const cache = new HeaderCache();
  cache.keep("short", undefined, [], [], undefined, new Uint8Array(16 * 1024));
  expect(cache.find("short", undefined, undefined, undefined)).toHaveLength(16 * 1024);
  cache.keep("long", undefined, [], [], undefined, new Uint8Array(16 * 1024 + 1));
  expect(cache.find("long", undefined, undefined, undefined)).toBe(undefined);
  const writer = new EnvelopeBatchWriter();
  const options = { sourceId: "s".repeat(1024 * 1024), timestamp: 1n };
  for (let i = 0; i < 3; i++) {
    writer.log("m", options);
  }
  const envelope = logEnvelope("m", options);
  expect(decodeEnvelopeBatch(writer.take())).toEqual({ batch: [envelope, envelope, envelope] });
});
