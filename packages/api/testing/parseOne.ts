import { expect } from "vitest";
import { type Envelope, parseEnvelopeBatch } from "../src/index.js";

/** Parses an envelope whose JSON consists of these fields. */
export function parseOne(fields: string): Envelope {
  const { batch } = parseEnvelopeBatch(`{"batch":[{${fields}}]}`);
  expect(batch).toHaveLength(1);
  return batch[0] as Envelope;
}

// Parts of the JSON, and the parsed parts.

export const messageOf = (fields: string) => parseOne(fields).message?.value;

export const timestamp = (json: string) => parseOne(`"timestamp":${json}`).timestamp;

export const delta = (json: string) => messageOf(`"counter":{"delta":${json}}`);

export const payload = (json: string) =>
  (messageOf(`"log":{"payload":${json}}`) as { payload: Uint8Array }).payload;
