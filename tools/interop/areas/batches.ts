import {
  decodeEnvelopeBatch,
  type EnvelopeBatch,
  EnvelopeDecodeError,
  encodeEnvelopeBatch,
  formatEnvelopeBatch,
} from "@loggregator/api";
import fc from "fast-check";
import { envelopes } from "../../../packages/api/testing/envelopes.js";
import { canonical } from "../canonical.js";
import { base64, type Oracle } from "../oracle.js";
import type { Area } from "./area.js";
import { fields, mutated } from "./bytes.js";
import { familiarBatches } from "./familiar.js";
import { text } from "./text.js";

/** What the oracle says of a batch's bytes. */
interface Reading {
  readonly json: unknown;
  readonly all: unknown;
  /** The batch, encoded by the reference. */
  readonly bytes: string;
  /** Whether our encoding is of an equal message, unknown fields and all: "equal" if so. */
  readonly same: string;
}

/** Any batches, kept small: many of them say more than large ones. */
export const anyBatches: fc.Arbitrary<EnvelopeBatch> = fc
  .array(envelopes(text), { maxLength: 2 })
  .map((batch) => ({ batch }));

const arbitrary = fc.oneof(anyBatches, familiarBatches);
const encoded = arbitrary.map(encodeEnvelopeBatch);

/** A batch as we write it, in bytes and in JSON, read by the reference. */
export const writtenBatchArea: Area<EnvelopeBatch> = {
  name: "batches that we write",
  cases: arbitrary,

  async compare(batch, oracle) {
    const text = formatEnvelopeBatch(batch, { emitUnpopulated: true });
    const bytes = base64(encodeEnvelopeBatch(batch));
    const fromBytes = await oracle.ask<Reading>("batch", { bytes });
    const fromText = await oracle.ask<unknown>("json", { text });
    const json = compactJson(batch);
    return {
      ours: { value: canonical([json, json]) },
      reference: {
        value: canonical([
          fromBytes.value?.json ?? fromBytes.error,
          fromText.value ?? fromText.error,
        ]),
      },
    };
  },
};

/**
 * A batch's bytes, read and written again by both, and what each writes read by the other. Where
 * only the reference refuses them, `otherwise` is what it reads in what we wrote.
 */
export const batchArea: Area<Uint8Array> = {
  name: "batches",
  cases: fc.oneof(encoded, mutated(encoded), fields, fields.map(inBatch)),

  async compare(bytes, oracle) {
    const { batch, refused } = decode(bytes);
    const again = batch && encodeEnvelopeBatch(batch);
    const question = { bytes: base64(bytes), ours: again && base64(again) };
    const { value, error } = await oracle.ask<Reading>("batch", question);
    const ours = { value: batch && reading(batch, value), refused };
    if (value !== undefined) {
      const { json, all } = value;
      return {
        ours,
        reference: { value: canonical({ json, all, itsBytes: json, same: "equal" }) },
      };
    }
    const otherwise = again && (await readBack(again, oracle));
    return { ours, reference: { refused: error, otherwise } };
  },
};

function decode(bytes: Uint8Array): { batch?: EnvelopeBatch; refused?: string } {
  try {
    return { batch: decodeEnvelopeBatch(bytes) };
  } catch (error) {
    if (error instanceof EnvelopeDecodeError) return { refused: error.message };
    throw error;
  }
}

/** Our reading of a batch, and of the bytes that the reference makes of it. */
function reading(batch: EnvelopeBatch, theirs: Reading | undefined): string {
  const json = compactJson(batch);
  const all = JSON.parse(formatEnvelopeBatch(batch, { emitUnpopulated: true }));
  if (theirs === undefined) return canonical(json);
  const itsBytes = compactJson(decodeEnvelopeBatch(Buffer.from(theirs.bytes, "base64")));
  return canonical({ json, all, itsBytes, same: theirs.same });
}

/** What the reference reads in what we wrote of a batch that it refuses. */
async function readBack(bytes: Uint8Array, oracle: Oracle): Promise<string | undefined> {
  const { value } = await oracle.ask<Reading>("batch", { bytes: base64(bytes) });
  return value && canonical(value.json);
}

export function compactJson(batch: EnvelopeBatch): unknown {
  return JSON.parse(formatEnvelopeBatch(batch));
}

/** The bytes as those of a batch's one envelope. */
function inBatch(envelope: Uint8Array): Uint8Array {
  const length = [];
  let rest = envelope.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([0x0a, ...length, rest, ...envelope]);
}
