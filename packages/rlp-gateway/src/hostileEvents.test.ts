import fc from "fast-check";
import { expect, test } from "vitest";
import { EventTooLargeError } from "./errors.js";
import { EventReader } from "./eventReader.js";

/** The pieces that streams of events are made of, and some that they are not. */
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

test("any bytes give events or a typed error, and no event over the limit", () => {
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
          if (reader.error === undefined) continue;
          expect(reader.error).toBeInstanceOf(EventTooLargeError);
          break;
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
