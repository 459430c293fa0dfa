import { runInNewContext } from "node:vm";
import { anyText, batches, dictionary, text } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorOf } from "../../testing/errorOf.js";
import { typeError } from "../../testing/errors.js";
import {
  EnvelopeBatch,
  Envelope as GeneratedEnvelope,
  type Value,
} from "../gen/loggregator/v2/envelope.js";
import {
  counterEnvelope,
  type Envelope,
  formatEnvelopeBatch,
  gaugeEnvelope,
  logEnvelope,
} from "../index.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope, encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

describe("encodeEnvelopeBatch", () => {
  test("writes the same bytes as the generated codec", () => {
    fc.assert(
      fc.property(batches(anyText), (batch) => {
        removeNegativeZeros(batch);
        const generated = EnvelopeBatch.encode(batch).finish();
        expect(hex(encodeEnvelopeBatch(batch))).toBe(hex(generated));
        for (const envelope of batch.batch) {
          const one = GeneratedEnvelope.encode(envelope).finish();
          expect(hex(encodeEnvelope(envelope))).toBe(hex(one));
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([undefined, null, {}, [logEnvelope("not in a batch")]])("rejects %o", (batch) => {
    const expected = /^batch must be \{ batch: \[envelope, …\] \}, got/;
    expect(() => encodeEnvelopeBatch(batch as never)).toThrow(TypeError);
    expect(() => encodeEnvelopeBatch(batch as never)).toThrow(expected);
    expect(() => formatEnvelopeBatch(batch as never)).toThrow(expected);
  });

  test("writes negative zero, as the reference does and the generated codec does not", () => {
    const batch = { batch: [gaugeEnvelope({ cpu: { value: -0 } })] };
    const [envelope] = decodeEnvelopeBatch(encodeEnvelopeBatch(batch)).batch;
    expect(envelope?.message).toEqual(batch.batch[0]?.message);
    expect(envelope?.message).toHaveProperty("value.metrics.cpu.value", -0);
  });

  test("writes a payload of 5 MiB", () => {
    const payload = new Uint8Array(5 * 1024 * 1024).map((_, index) => index);
    const envelope = logEnvelope(payload, { timestamp: 1n, tags: { a: "b" } });
    const generated = EnvelopeBatch.encode({ batch: [envelope] }).finish();
    expect(Buffer.compare(encodeEnvelopeBatch({ batch: [envelope] }), generated)).toBe(0);
  });

  test("keeps entries that are named __proto__", () => {
    const envelope = logEnvelope("", {
      timestamp: 0n,
      tags: JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>,
    });
    const decoded = decodeEnvelope(encodeEnvelope(envelope));
    expect(Object.entries(decoded.tags)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  test("accepts the Uint8Array of another realm, such as a test runner's", () => {
    const foreign = runInNewContext("Uint8Array.of(1, 2, 3)") as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    const encoded = encodeEnvelope(logEnvelope(foreign, { timestamp: 1n }));
    const own = logEnvelope(Uint8Array.of(1, 2, 3), { timestamp: 1n });
    expect(encoded).toEqual(encodeEnvelope(own));
    const copy = runInNewContext("Uint8Array.from(bytes)", { bytes: encoded }) as Uint8Array;
    expect(decodeEnvelope(copy)).toEqual(own);
  });

  test("returns bytes that later calls do not change", () => {
    const first = encodeEnvelopeBatch({ batch: [logEnvelope("first")] });
    const copy = first.slice();
    encodeEnvelopeBatch({ batch: [logEnvelope("second, and longer than the first")] });
    expect(first).toEqual(copy);
  });

  test("a batch that threw does not affect the next one", () => {
    const bad = { ...counterEnvelope("c"), sourceId: 7 as unknown as string };
    expect(() => encodeEnvelopeBatch({ batch: [logEnvelope("good"), bad] })).toThrow(TypeError);
    expect(encodeEnvelopeBatch({ batch: [] })).toHaveLength(0);
  });

  test("treats undefined fields as empty, and an undefined time as now", () => {
    const message = { $case: "log", value: { payload: new Uint8Array(), type: 0 } } as const;
    const before = BigInt(Date.now()) * 1_000_000n;
    const decoded = decodeEnvelope(encodeEnvelope({ message } as unknown as Envelope));
    expect(decoded).toEqual({ ...logEnvelope("", { timestamp: decoded.timestamp }), message });
    expect(decoded.timestamp).toBeGreaterThanOrEqual(before);
  });
});

describe("an invalid envelope is rejected with the name and the value", () => {
  const value = (bad: unknown): Partial<Envelope> => ({
    deprecatedTags: { t: bad as Value },
  });
  const message = (bad: unknown): Partial<Envelope> => ({ message: bad as Envelope["message"] });
  test.each<[string, Partial<Envelope>, string]>([
    ["timestamp", { timestamp: 2n ** 63n }, "got 9223372036854775808n"],
    ["timestamp", { timestamp: 5 as unknown as bigint }, "got 5"],
    ["sourceId", { sourceId: null as unknown as string }, "got null"],
    ["instanceId", { instanceId: 3 as unknown as string }, "got 3"],
    ["tags", { tags: ["a"] as unknown as Record<string, string> }, "got an array"],
    ['tags["a"]', { tags: { a: 1 as unknown as string } }, "got 1"],
    ["deprecatedTags", { deprecatedTags: 1 as unknown as Envelope["deprecatedTags"] }, "got 1"],
    ['deprecatedTags["t"]', value(undefined), "got undefined"],
    ['deprecatedTags["t"]', value({ data: { $case: "text", value: 1 } }), "got 1"],
    ['deprecatedTags["t"]', value({ data: { $case: "integer", value: 1 } }), "got 1"],
    [
      'deprecatedTags["t"]',
      value({ data: { $case: "integer", value: 2n ** 63n } }),
      "got 9223372036854775808n",
    ],
    ['deprecatedTags["t"]', value({ data: { $case: "decimal", value: "1" } }), 'got "1"'],
    ['deprecatedTags["t"].data.$case', value({ data: { $case: "toString" } }), 'got "toString"'],
    ["message", message("log"), 'got "log"'],
    ["message.$case", message({ $case: "constructor", value: {} }), 'got "constructor"'],
    ["log", message({ $case: "log" }), "got undefined"],
    ["log.payload", message({ $case: "log", value: { payload: "12", type: 0 } }), 'got "12"'],
    [
      "log.type",
      message({ $case: "log", value: { payload: new Uint8Array(), type: 2 ** 31 } }),
      "got 2147483648",
    ],
    ["log.type", message({ $case: "log", value: { payload: new Uint8Array() } }), "got undefined"],
    ["counter.name", message({ $case: "counter", value: { name: 1 } }), "got 1"],
    [
      "counter.delta",
      message({ $case: "counter", value: { name: "", delta: -1n, total: 0n } }),
      "got -1n",
    ],
    [
      "counter.total",
      message({ $case: "counter", value: { name: "", delta: 0n, total: 2n ** 64n } }),
      "got 18446744073709551616n",
    ],
    ["metrics", message({ $case: "gauge", value: {} }), "got undefined"],
    ['metrics["m"]', message({ $case: "gauge", value: { metrics: { m: 1 } } }), "got 1"],
    [
      'metrics["m"].unit',
      message({ $case: "gauge", value: { metrics: { m: { value: 1, unit: 2 } } } }),
      "got 2",
    ],
    ["timer.name", message({ $case: "timer", value: {} }), "got undefined"],
    ["timer.start", message({ $case: "timer", value: { name: "", start: 1 } }), "got 1"],
    [
      "timer.stop",
      message({ $case: "timer", value: { name: "", start: 1n, stop: -(2n ** 63n) - 1n } }),
      "got -9223372036854775809n",
    ],
    ["event.title", message({ $case: "event", value: {} }), "got undefined"],
    ["event.body", message({ $case: "event", value: { title: "", body: 1 } }), "got 1"],
  ])("%s", (name, part, got) => {
    const batch = { batch: [{ ...logEnvelope("x"), ...part }] };
    const error = errorOf(() => encodeEnvelopeBatch(batch));
    expect(["TypeError", "RangeError"]).toContain(error.name);
    expect(error.message).toContain(`${name} must be `);
    expect(error.message).toContain(got);
  });

  test("undefined in place of an envelope", () => {
    const batch = { batch: [undefined as unknown as Envelope] };
    expect(() => encodeEnvelopeBatch(batch)).toThrow(
      typeError("envelope must be an object, got undefined"),
    );
  });
});

test("some dictionaries of the property tests contain the key __proto__", () => {
  const found = fc.sample(dictionary(text, text), 500);
  expect(found.some((tags) => Object.hasOwn(tags, "__proto__"))).toBe(true);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Replaces negative zeros with 0, as the generated codec does: its only difference. */
function removeNegativeZeros({ batch }: { batch: Envelope[] }): void {
  for (const { message } of batch) {
    if (message?.$case !== "gauge") {
      continue;
    }
    for (const metric of Object.values(message.value.metrics)) {
      metric.value += 0;
    }
  }
}
