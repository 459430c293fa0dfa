import {
  decodeEnvelopeBatch,
  type Envelope,
  encodeEnvelopeBatch,
  formatEnvelopeBatch,
  parseEnvelopeBatch,
} from "@loggregator/api";
import { EnvelopeBatch } from "../plain/loggregator/v2/envelope.js";
import { batchSize, look, sampleBatch } from "../sample.js";
import { repeat, type Subjects } from "../subject.js";

const batch = { batch: sampleBatch() };

export const encode: Subjects = {
  ours: () => repeat(batchSize, () => keep(encodeEnvelopeBatch(batch).length)),
  plain: () => repeat(batchSize, () => keep(EnvelopeBatch.encode(batch).finish().length)),
};

const bytes = encodeEnvelopeBatch(batch);

export const decode: Subjects = {
  ours: () => repeat(batchSize, () => lookAtAll(decodeEnvelopeBatch(bytes).batch)),
  plain: () => repeat(batchSize, () => lookAtAll(EnvelopeBatch.decode(bytes).batch)),
};

const text = formatEnvelopeBatch(batch, { emitUnpopulated: true });

export const json: Subjects = {
  ours: () => repeat(batchSize, () => lookAtAll(parseEnvelopeBatch(text).batch)),
  plain: () => repeat(batchSize, () => lookAtAll(EnvelopeBatch.fromJSON(JSON.parse(text)).batch)),
};

let kept = 0;

/** Uses a result, so that its computation is not optimized away. */
export function keep(value: number): void {
  kept = (kept + value) | 0;
}

function lookAtAll(envelopes: readonly Envelope[]): void {
  for (const envelope of envelopes) {
    keep(look(envelope));
  }
}
