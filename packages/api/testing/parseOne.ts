import { expect } from "vitest";
import { type Envelope, parseEnvelopeBatch } from "../src/index.js";

/** The envelope that the JSON within the braces is. */
export function parseOne(fields: string): Envelope {
  const { batch } = parseEnvelopeBatch(`{"batch":[{${fields}}]}`);
  expect(batch).toHaveLength(1);
  return batch[0] as Envelope;
}

// Parts of it, or what the JSON of a part becomes.

export const messageOf = (fields: string) => parseOne(fields).message?.value;

export const timestamp = (json: string) => parseOne(`"timestamp":${json}`).timestamp;

export const delta = (json: string) => messageOf(`"counter":{"delta":${json}}`);

export const payload = (json: string) =>
  (messageOf(`"log":{"payload":${json}}`) as { payload: Uint8Array }).payload;
