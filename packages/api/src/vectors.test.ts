import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  decodeEnvelopeBatch,
  EnvelopeDecodeError,
  encodeEnvelopeBatch,
  formatEnvelopeBatch,
  parseEnvelopeBatch,
} from "./index.js";

// Compares decoding and encoding with the results of the Go reference for hundreds of inputs.

interface EnvelopeVector {
  hex: string;
  json: unknown;
  jsonCompact: unknown;
  unknownFields?: boolean;
  reencodedHex?: string;
}
interface Malformed {
  rejected: { hex: string; reason: "malformed" | "invalid-utf8" }[];
  accepted: string[];
}

const envelopes = read<EnvelopeVector[]>("v2-envelopes.json");
const malformed = read<Malformed>("v2-malformed.json");

describe.each(envelopes.map((vector, index) => ({ index, ...vector })))(
  "envelope vector $index",
  ({ hex, json, jsonCompact, reencodedHex }) => {
    const batch = decodeEnvelopeBatch(asBatch(hex));

    test("decodes to the JSON that the reference writes", () => {
      expect(JSON.parse(formatEnvelopeBatch(batch))).toEqual({ batch: [jsonCompact] });
      expect(JSON.parse(formatEnvelopeBatch(batch, { emitUnpopulated: true }))).toEqual({
        batch: [json],
      });
    });

    test("is read from the gateway's JSON as from the binary form", () => {
      const { _unknownFields, ...known } = batch.batch[0] ?? {};
      const fromJson = parseEnvelopeBatch(stringify({ batch: [json] }));
      if (reencodedHex === undefined) {
        expect(fromJson.batch).toEqual([known]);
      }
      expect(JSON.parse(formatEnvelopeBatch(fromJson))).toEqual({ batch: [jsonCompact] });
    });

    test("encodes and decodes again without loss", () => {
      const encoded = encodeEnvelopeBatch(batch);
      expect(decodeEnvelopeBatch(encoded)).toEqual(batch);
      if (reencodedHex !== undefined) {
        expect(decodeEnvelopeBatch(asBatch(reencodedHex))).toEqual(batch);
      }
    });
  },
);

describe("malformed batches", () => {
  test.each(malformed.rejected.filter(({ reason }) => reason === "malformed"))(
    "are rejected: $hex",
    ({ hex }) => {
      expect(() => decodeEnvelopeBatch(Buffer.from(hex, "hex"))).toThrow(EnvelopeDecodeError);
    },
  );

  // The reference stops at the first text that is not UTF-8. In some of these batches, the
  // structure after it is broken as well: they must be rejected as malformed.
  const notUtf8 = malformed.rejected.filter(({ reason }) => reason === "invalid-utf8");
  const brokenBehind = (hex: string) => {
    try {
      decodeEnvelopeBatch(Buffer.from(hex, "hex"));
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(EnvelopeDecodeError);
      return true;
    }
  };

  test("are decoded with U+FFFD for text that is not UTF-8", () => {
    const readable = notUtf8.filter(({ hex }) => !brokenBehind(hex));
    expect([readable.length, notUtf8.length]).toEqual([9, 34]);
    for (const { hex } of readable) {
      const text = formatEnvelopeBatch(decodeEnvelopeBatch(Buffer.from(hex, "hex")));
      expect(text).toContain("\ufffd");
    }
  });

  test.each(malformed.accepted)("that the reference accepts are decoded: %s", (hex) => {
    const batch = decodeEnvelopeBatch(Buffer.from(hex, "hex"));
    expect(decodeEnvelopeBatch(encodeEnvelopeBatch(batch))).toEqual(batch);
  });
});

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8")) as T;
}

/** Formats JSON with negative zeros, which the reference writes as well. */
function stringify(json: unknown): string {
  const negativeZero = "negative zero";
  return JSON.stringify(json, (_, value) =>
    Object.is(value, -0) ? negativeZero : value,
  ).replaceAll(`"${negativeZero}"`, "-0");
}

/** Returns the bytes of a batch with one envelope. */
function asBatch(hex: string): Uint8Array {
  const envelope = Buffer.from(hex, "hex");
  const length: number[] = [];
  let rest = envelope.length;
  for (; rest > 0x7f; rest >>>= 7) {
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([0x0a, ...length, rest]), envelope]);
}
