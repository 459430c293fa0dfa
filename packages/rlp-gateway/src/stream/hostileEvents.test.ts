import { EnvelopeDecodeError, parseEnvelopeBatch } from "@loggregator/api";
import { batchEvent, closingEvent, heartbeatEvent } from "@loggregator/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EventTooLargeError } from "../errors.js";
import { EventReader } from "./eventReader.js";

/** Valid and invalid pieces of event streams. */
const piece = fc.oneof(
  fc.constantFrom(
    "data:",
    "data: {",
    "event: closing",
    "event: heartbeat",
    "\n",
    "\r",
    "\r\n",
    "id:",
  ),
  fc.string({ unit: "binary", maxLength: 50 }),
);

test("any bytes result in events within the limit or a typed error", () => {
  const maxEventLength = 100;
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.from(pieces.join(""))),
        ),
        { maxLength: 20 },
      ),
      (chunks) => {
        const reader = new EventReader(maxEventLength);
        for (const chunk of chunks) {
          for (const event of reader.feed(chunk)) {
            expect(event.length).toBeLessThanOrEqual(maxEventLength);
          }
          if (reader.error === undefined) {
            continue;
          }
          expect(reader.error).toBeInstanceOf(EventTooLargeError);
          break;
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a gateway stream with changed bytes results in batches or typed errors", () => {
  const stream = Buffer.from(
    [batchEvent("a", "ü€😀"), heartbeatEvent, batchEvent("b"), closingEvent].join(""),
  );
  const change = fc.record({
    at: fc.nat({ max: stream.length - 1 }),
    length: fc.nat({ max: 10 }),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 10 }),
      piece.map((text) => Buffer.from(text)),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
      (changes, sizes) => {
        const bytes = changes.reduce<Uint8Array>(
          (before, { at, length, bytes }) =>
            Buffer.concat([before.subarray(0, at), bytes, before.subarray(at + length)]),
          stream,
        );
        const reader = new EventReader(10_000);
        for (let at = 0; at < bytes.length; ) {
          const chunk = bytes.subarray(at, at + (sizes.next().value as number));
          at += chunk.length;
          for (const event of reader.feed(chunk)) {
            try {
              parseEnvelopeBatch(event);
            } catch (error) {
              expect(error).toBeInstanceOf(EnvelopeDecodeError);
            }
          }
        }
        expect(reader.error).toBeUndefined();
      },
    ),
    { numRuns: 1_000 },
  );
});

test("an event in small chunks is read in linear time, and rejected before it is complete", () => {
  const begin = performance.now();
  const chunk = Buffer.from("x".repeat(16));
  for (const line of ["data: ", "event: ", "", ": "]) {
    const reader = new EventReader(1024 * 1024);
    reader.feed(Buffer.from(line));
    for (let i = 0; i <= 65_536 && reader.error === undefined; i++) {
      reader.feed(chunk);
    }
    expect(reader.error, line).toBeInstanceOf(EventTooLargeError);
  }
  const lines = new EventReader(100_000);
  for (let i = 0; i < 300 && lines.error === undefined; i++) {
    lines.feed(Buffer.from("data\n".repeat(1_000)));
  }
  expect(lines.error).toBeInstanceOf(EventTooLargeError);
  expect(performance.now() - begin).toBeLessThan(5_000);
});
