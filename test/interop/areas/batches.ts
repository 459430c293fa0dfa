import {
  decodeEnvelopeBatch,
  type EnvelopeBatch,
  encodeEnvelopeBatch,
  formatEnvelopeBatch,
} from "@loggregator/api";
import { envelopes } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64 } from "../oracle.js";
import type { Area } from "./area.js";
import { fields, mutated } from "./bytes.js";
import { familiarBatches } from "./familiarBatches.js";
import { text } from "./text.js";
import { type Reading, wireArea } from "./wire.js";

/** Arbitrary batches, kept small, because many small ones find more than few large ones. */
export const anyBatches: fc.Arbitrary<EnvelopeBatch> = fc
  .array(envelopes(text), { maxLength: 2 })
  .map((batch) => ({ batch }));

const batches = fc.oneof(anyBatches, familiarBatches);
const encoded = batches.map(encodeEnvelopeBatch);

/** A batch that we write as bytes and as JSON, and the reference reads. */
export const writtenBatchArea: Area<EnvelopeBatch> = {
  name: "batches that we write",
  cases: batches,

  async compare(batch, oracle) {
    const bytes = base64(encodeEnvelopeBatch(batch));
    const fromBytes = await oracle.ask<Reading<{ compact: unknown }>>("batch", { bytes });
    const text = formatEnvelopeBatch(batch, { emitUnpopulated: true });
    const fromText = await oracle.ask<unknown>("json", { text });
    const json = compactJson(batch);
    const read = [
      fromBytes.value?.json.compact ?? fromBytes.error,
      fromText.value ?? fromText.error,
    ];
    return { ours: { value: canonical([json, json]) }, reference: { value: canonical(read) } };
  },
};

export const batchArea = wireArea<EnvelopeBatch>({
  name: "batches",
  cases: fc.oneof(encoded, mutated(encoded), fields, fields.map(inBatch)),
  ask: "batch",
  decode: decodeEnvelopeBatch,
  encode: encodeEnvelopeBatch,
  json: (batch) => ({
    compact: compactJson(batch),
    all: JSON.parse(formatEnvelopeBatch(batch, { emitUnpopulated: true })),
  }),
});

export function compactJson(batch: EnvelopeBatch): unknown {
  return JSON.parse(formatEnvelopeBatch(batch));
}

/** Wraps the bytes of an envelope in a batch. */
function inBatch(envelope: Uint8Array): Uint8Array {
  const length = [];
  let rest = envelope.length;
  for (; rest > 0x7f; rest >>>= 7) {
    length.push((rest & 0x7f) | 0x80);
  }
  return Uint8Array.from([0x0a, ...length, rest, ...envelope]);
}
