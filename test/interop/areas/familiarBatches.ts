import type { Envelope, EnvelopeBatch } from "@loggregator/api";
import { dictionary, int64 } from "@loggregator/testing/arbitraries";
import fc from "fast-check";

// Typical data: the same few sources with the same tags, again and again. Our decoder caches them;
// its results must not depend on the contents of the caches.

const names = ["origin", "deployment", "job", "index", "ip", "process_type", "__proto__", "日本"];
const word = fc.stringMatching(/^[a-z0-9-]{0,40}$/);
const tags = fc.sample(dictionary(fc.constantFrom(...names), word), { numRuns: 12, seed: 1 });
const words = fc.sample(word, { numRuns: 8, seed: 2 });
const anyWord = fc.constantFrom(...words);

/** Batches of a few sources, whose ids, tags and texts are chosen from a small set. */
export const familiarBatches: fc.Arbitrary<EnvelopeBatch> = fc
  .array(familiarEnvelopes(), { minLength: 1, maxLength: 3 })
  .map((batch) => ({ batch }));

function familiarEnvelopes(): fc.Arbitrary<Envelope> {
  const message = fc.oneof(
    fc.record({
      $case: fc.constant("log" as const),
      value: fc.record({
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 12 }),
          anyWord.map((text) => Buffer.from(text)),
        ),
        type: fc.constantFrom(0, 1),
      }),
    }),
    fc.record({
      $case: fc.constant("counter" as const),
      value: fc.record({ name: anyWord, delta: fc.constant(1n), total: fc.constant(2n) }),
    }),
    fc.record({
      $case: fc.constant("gauge" as const),
      value: fc.record({
        metrics: dictionary(anyWord, fc.record({ unit: anyWord, value: fc.double() })),
      }),
    }),
  );
  return fc.record({
    timestamp: fc.oneof(int64, fc.bigInt({ min: 10n ** 18n, max: 2n * 10n ** 18n })),
    sourceId: anyWord,
    instanceId: fc.constantFrom("0", "1", ""),
    tags: fc.constantFrom(...tags),
    deprecatedTags: fc.constant({}),
    message,
  }) as fc.Arbitrary<Envelope>;
}
