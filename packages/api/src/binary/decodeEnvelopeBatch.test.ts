import { batches, withoutEmptyUnknownFields } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import { batchOf, bytes, decodeOne, field } from "../../testing/wireBytes.js";
import { EnvelopeBatch as Generated } from "../gen/loggregator/v2/envelope.js";
import { type EnvelopeBatch, isLog } from "../index.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope, encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

describe("an encoded batch", () => {
  test("decodes to the same batch", () => {
    fc.assert(
      fc.property(batches(), (batch) => {
        expect(decodeEnvelopeBatch(encodeEnvelopeBatch(batch))).toEqual(batch);
        for (const envelope of batch.batch) {
          expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("decodes like the generated decoder", () => {
    fc.assert(
      fc.property(batches(), (batch) => {
        const encoded = encodeEnvelopeBatch(batch);
        const generated = withoutEmptyUnknownFields(Generated.decode(encoded));
        expect(withoutProto(decodeEnvelopeBatch(encoded))).toEqual(withoutProto(generated));
      }),
      { numRuns: 300 },
    );
  });

  test("decodes the same in any order of different fields", () => {
    const fields = [
      bytes(0x08, 5),
      field(0x12, "source"),
      field(0x42, "instance"),
      field(0x4a, field(0x12, "v"), field(0x0a, "k")),
      field(0x22, 0x10, 1, field(0x0a, "line")),
    ];
    const expected = decodeOne(...fields);
    expect(expected).toEqual({
      timestamp: 5n,
      sourceId: "source",
      instanceId: "instance",
      deprecatedTags: {},
      tags: { k: "v" },
      message: { $case: "log", value: { payload: Uint8Array.from(Buffer.from("line")), type: 1 } },
    });
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (shuffled) => {
        expect(decodeOne(...shuffled)).toEqual(expected);
      }),
    );
  });
});

describe("numbers", () => {
  test("are decoded from varints that are longer than necessary", () => {
    expect(decodeOne(0x08, 0x81, 0x80, 0x00).timestamp).toBe(1n);
    // Field tags as well.
    expect(decodeOne(0x88, 0x80, 0x00, 1).timestamp).toBe(1n);
    expect(decodeOne(0x92, 0x00, 0x81, 0x80, 0x00, "a").sourceId).toBe("a");
  });

  test("are read up to their limits", () => {
    const ones = Array<number>(9).fill(0xff);
    expect(decodeOne(0x08, ones, 1).timestamp).toBe(-1n);
    expect(decodeOne(0x08, Array<number>(9).fill(0x80), 1).timestamp).toBe(-(2n ** 63n));
    expect(decodeOne(field(0x2a, 0x10, ones, 1)).message?.value).toMatchObject({
      delta: 2n ** 64n - 1n,
    });
  });

  test("of an enum keep numbers without a name, truncated to 32 bits", () => {
    const type = (...value: number[]) => decodeOne(field(0x22, 0x10, value)).message?.value;
    expect(type(7)).toMatchObject({ type: 7 });
    expect(type(...Array<number>(9).fill(0xff), 1)).toMatchObject({ type: -1 });
    expect(type(0x81, 0x80, 0x80, 0x80, 0x10)).toMatchObject({ type: 1 });
  });
});

describe("text", () => {
  test("keeps a byte order mark at its start", () => {
    const long = `\ufeff${"a".repeat(100)}`;
    expect(decodeOne(field(0x12, "\ufeffa"), field(0x42, long))).toMatchObject({
      sourceId: "\ufeffa",
      instanceId: long,
    });
  });

  test("that is not UTF-8 is decoded with U+FFFD", () => {
    const source = (...parts: number[]) => decodeOne(field(0x12, parts)).sourceId;
    expect(source(0x61, 0xff, 0x62)).toBe("a\ufffdb");
    expect(source(0xe6, 0x97)).toBe("\ufffd");
    // A surrogate is not valid in UTF-8.
    expect(source(0xed, 0xa0, 0x80)).toBe("\ufffd\ufffd\ufffd");
    expect(source(...Array<number>(40).fill(0x61), 0xc0)).toBe(`${"a".repeat(40)}\ufffd`);
  });
});

describe("the input", () => {
  test("may be a Buffer, or a part of one, and is decoded to plain Uint8Arrays", () => {
    const inner = batchOf(field(0x22, field(0x0a, "line")), field(0x7a, "unknown"));
    const buffer = Buffer.concat([Buffer.from("before"), inner, Buffer.from("behind")]);
    const [envelope] = decodeEnvelopeBatch(buffer.subarray(6, 6 + inner.length)).batch;
    if (envelope === undefined || !isLog(envelope)) {
      throw new Error("expected a log");
    }
    const { payload } = envelope.message.value;
    expect(payload.constructor).toBe(Uint8Array);
    expect(Buffer.from(payload).toString()).toBe("line");
    expect(envelope._unknownFields?.[0x7a]?.[0]?.constructor).toBe(Uint8Array);
    // The payload is not copied.
    expect(payload.buffer).toBe(buffer.buffer);
  });

  test("without bytes is empty", () => {
    expect(decodeEnvelopeBatch(new Uint8Array())).toEqual({ batch: [] });
    expect(decodeOne()).toEqual(emptyEnvelope);
  });
});

/** Removes entries named __proto__, which the generated decoder loses. */
function withoutProto({ batch, ...rest }: EnvelopeBatch): EnvelopeBatch {
  const without = <T extends object>(entries: T) =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => key !== "__proto__")) as T;
  return {
    ...rest,
    batch: batch.map((envelope) => {
      const { message } = envelope;
      return {
        ...envelope,
        tags: without(envelope.tags),
        deprecatedTags: without(envelope.deprecatedTags),
        message:
          message?.$case === "gauge"
            ? { ...message, value: { ...message.value, metrics: without(message.value.metrics) } }
            : message,
      };
    }),
  };
}
