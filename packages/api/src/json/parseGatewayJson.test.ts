import { batches } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EnvelopeBatch,
  EnvelopeDecodeError,
  formatEnvelopeBatch,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
} from "../index.js";

// Text exactly in the gateways' form is parsed by the fast path. With a space before it, the path
// for any JSON is used: the results must be the same.

/** Returns the batch, or the message of the error. */
function outcome(text: string): EnvelopeBatch | string {
  try {
    return parseEnvelopeBatch(text);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvelopeDecodeError);
    return "refused";
  }
}

const gatewayText = (batch: EnvelopeBatch) => formatEnvelopeBatch(batch, { emitUnpopulated: true });

/** Adds a space after each comma between fields, as some builds of protojson do. */
const spaced = (text: string) => text.replace(/,(?=["{])/g, ", ");

/** Realistic batches: few sources, each with its own tags, and mostly logs. */
const usualBatch = fc
  .array(
    fc.record({
      source: fc.constantFrom("984992f6-3cfb-4417-9321-786ee5233e9c", "gorouter", "", "ünï"),
      instance: fc.constantFrom("0", "1", ""),
      tags: fc.constantFrom({}, { a: "1" }, { a: "2" }, { a: "1", b: "} ,{ ]", "c, ": "" }),
      payload: fc.uint8Array({ maxLength: 12 }),
      stream: fc.constantFrom("stdout" as const, "stderr" as const),
      isLog: fc.boolean(),
      timestamp: fc.oneof(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.constantFrom(0n, -1n, 1_795_363_066_942_000_000n),
      ),
    }),
    { maxLength: 8 },
  )
  .map(
    (all): EnvelopeBatch => ({
      batch: all.map(({ source, instance, tags, payload, stream, isLog, timestamp }) => {
        const options = { sourceId: source, instanceId: instance, tags: { ...tags }, timestamp };
        return isLog
          ? logEnvelope(payload, { ...options, stream })
          : gaugeEnvelope({ "x}": { value: 1.5, unit: "{" } }, options);
      }),
    }),
  );

describe("the fast path returns the same as the path for any JSON", () => {
  test.each([
    ["usual batches", usualBatch],
    ["arbitrary batches", batches()],
  ])("%s", (_, kind) => {
    fc.assert(
      fc.property(kind, (batch) => {
        for (const text of [gatewayText(batch), spaced(gatewayText(batch))]) {
          expect(outcome(text)).toEqual(outcome(` ${text}`));
        }
      }),
    );
  });

  test("even if a character is changed, removed or inserted", () => {
    fc.assert(
      fc.property(
        usualBatch,
        fc.nat(),
        fc.constantFrom("", '"', "\\", "\n", ",", "}", "{", " ", "0", "é", "=", "\u0000"),
        fc.nat(2),
        (batch, where, character, lost) => {
          const text = gatewayText(batch);
          const at = where % (text.length + 1);
          const changed = text.slice(0, at) + character + text.slice(at + lost);
          expect(outcome(changed)).toEqual(outcome(` ${changed}`));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test("envelopes of one source do not share their tags", () => {
  const one = logEnvelope("m", { sourceId: "s", tags: { a: "1" }, timestamp: 1n });
  const { batch } = parseEnvelopeBatch(gatewayText({ batch: [one, one] }));
  const [first, second] = batch;
  if (first === undefined || second === undefined) {
    throw new Error("expected two envelopes");
  }
  first.tags["a"] = "changed";
  expect(second.tags).toEqual({ a: "1" });
  expect(parseEnvelopeBatch(gatewayText({ batch: [one] })).batch[0]?.tags).toEqual({ a: "1" });
});
