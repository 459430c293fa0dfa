import { type Envelope, logEnvelope, logText } from "@loggregator/api";
import { expect, test } from "vitest";
import { EnvelopeBuffer } from "./envelopeBuffer.js";

const unlimited = { maxSize: 1_000, maxBytes: 1e9 };
const never = new AbortController().signal;

function envelopes(from: number, to: number): Envelope[] {
  return Array.from({ length: to - from }, (_, index) => logEnvelope(String(from + index)));
}

function texts(taken: readonly Envelope[] | undefined) {
  return taken?.map((envelope) => logText(envelope));
}

test("returns envelopes in order, and counts those in flight", async () => {
  const buffer = new EnvelopeBuffer(unlimited);
  buffer.push(envelopes(0, 3));
  buffer.push(envelopes(3, 4));
  expect(texts(await buffer.take(3, 0, never))).toEqual(["0", "1", "2"]);
  expect(buffer.size).toBe(4);
  buffer.release();
  expect(buffer.size).toBe(1);
  expect(texts(await buffer.take(3, 0, never))).toEqual(["3"]);
});

test("drops the oldest envelopes that are not in flight", async () => {
  const buffer = new EnvelopeBuffer({ ...unlimited, maxSize: 4 });
  buffer.push(envelopes(0, 4));
  expect(texts(await buffer.take(10, 0, never))).toEqual(["0", "1"]);
  buffer.push(envelopes(4, 9));
  expect(buffer.trim()).toBe(5);
  expect(buffer.size).toBe(4);
  buffer.release();
  expect(texts(await buffer.take(10, 0, never))).toEqual(["7", "8"]);
});

test("is bounded in bytes", () => {
  const buffer = new EnvelopeBuffer({ ...unlimited, maxBytes: 10_000 });
  buffer.push([logEnvelope("x".repeat(6_000)), logEnvelope("x".repeat(6_000))]);
  expect(buffer.trim()).toBe(1);
  expect(buffer.size).toBe(1);
});

test("waits for room until envelopes are released", async () => {
  const buffer = new EnvelopeBuffer({ ...unlimited, maxSize: 4 });
  buffer.push(envelopes(0, 4));
  let hasRoom = false;
  const room = buffer.whenRoom(2, never).then(() => {
    hasRoom = true;
  });
  await buffer.take(2, 0, never);
  await new Promise(setImmediate);
  expect(hasRoom).toBe(false);
  buffer.release();
  await room;
});

test("has room for a batch that is larger than the buffer, once it is empty", async () => {
  const buffer = new EnvelopeBuffer({ ...unlimited, maxSize: 4 });
  await buffer.whenRoom(100, never);
});

test("lingers until enough envelopes are there, or it is closed", async () => {
  const buffer = new EnvelopeBuffer(unlimited);
  buffer.push(envelopes(0, 1));
  const full = buffer.take(2, 100_000, never);
  buffer.push(envelopes(1, 2));
  expect(texts(await full)).toEqual(["0", "1"]);
  buffer.release();
  buffer.push(envelopes(2, 3));
  const last = buffer.take(2, 100_000, never);
  buffer.close();
  expect(texts(await last)).toEqual(["2"]);
  buffer.release();
  expect(await buffer.take(2, 100_000, never)).toBeUndefined();
});

test("an abort ends all waits", async () => {
  const buffer = new EnvelopeBuffer({ ...unlimited, maxSize: 1 });
  const abort = new AbortController();
  const taken = buffer.take(1, 0, abort.signal);
  buffer.push(envelopes(0, 1));
  await taken;
  const room = buffer.whenRoom(1, abort.signal);
  const next = buffer.take(1, 0, abort.signal);
  abort.abort();
  await room;
  expect(await next).toBeUndefined();
});

test("keeps count and order of many envelopes", async () => {
  const buffer = new EnvelopeBuffer({ maxSize: 3_000, maxBytes: 1e9 });
  let dropped = 0;
  const seen: number[] = [];
  for (let round = 0; round < 50; round++) {
    buffer.push(envelopes(round * 400, (round + 1) * 400));
    dropped += buffer.trim();
    const taken = await buffer.take(300, 0, never);
    seen.push(...(texts(taken) ?? []).map(Number));
    buffer.release();
  }
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.length + dropped + buffer.size).toBe(20_000);
  expect(buffer.clear()).toBeLessThanOrEqual(3_000);
  expect(buffer.size).toBe(0);
});
