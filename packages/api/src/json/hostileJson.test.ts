import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EnvelopeDecodeError } from "../errors.js";
import { parseEnvelopeBatch } from "./parseEnvelopeBatch.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/v2-envelopes.json", import.meta.url), "utf8"),
) as { json?: unknown }[];
const batches = vectors.flatMap(({ json }) => {
  if (json === undefined) {
    return [];
  }
  return `{"batch":[${typeof json === "string" ? json : JSON.stringify(json)}]}`;
});

/** Parses a text, which must succeed or throw an EnvelopeDecodeError. */
function expectParsedOrRejected(text: string): void {
  try {
    parseEnvelopeBatch(text);
  } catch (error) {
    if (!(error instanceof EnvelopeDecodeError)) {
      throw error;
    }
  }
}

test("any text is parsed or rejected with a typed error", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), expectParsedOrRejected));
});

test("any JSON in any place is parsed or rejected with a typed error", () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.constantFrom(
        (json: string) => json,
        (json: string) => `{"batch":${json}}`,
        (json: string) => `{"batch":[${json}]}`,
        (json: string) => `{"batch":[{"tags":${json},"deprecated_tags":${json}}]}`,
        (json: string) => `{"batch":[{"log":${json}},{"counter":${json}},{"gauge":${json}}]}`,
        (json: string) => `{"batch":[{"gauge":{"metrics":{"__proto__":${json}}}}]}`,
        (json: string) => `{"batch":[{"timestamp":${json}},{"log":{"payload":${json}}}]}`,
      ),
      (json, place) => expectParsedOrRejected(place(json)),
    ),
    { numRuns: 1_000 },
  );
});

test("vectors with a part removed, inserted or repeated are parsed or rejected with a typed error", () => {
  expect(batches.length).toBeGreaterThan(10);
  fc.assert(
    fc.property(
      fc.constantFrom(...batches),
      fc.nat(),
      fc.nat({ max: 20 }),
      fc.oneof(
        fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "null", "-1e999"),
        fc.string(),
      ),
      (batch, at, length, piece) => {
        const start = at % (batch.length + 1);
        expectParsedOrRejected(batch.slice(0, start) + piece + batch.slice(start + length));
        expectParsedOrRejected(batch.slice(0, start) + batch.slice(Math.max(0, start - length)));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("deep nesting is parsed or rejected with a typed error, in linear time", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"batch":', "}"],
    ['{"x":[', "]}"],
  ] as const) {
    const depth = 200_000;
    const begin = performance.now();
    expectParsedOrRejected(`{"batch":[${open.repeat(depth)}1${close.repeat(depth)}]}`);
    expectParsedOrRejected(`{"batch":[${open.repeat(depth)}`);
    expect(performance.now() - begin).toBeLessThan(5_000);
  }
});
