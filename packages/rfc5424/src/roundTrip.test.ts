import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect } from "../testing/frames.js";
import { type Message, marshal, readFrom, UnmarshalError, unmarshal, writeTo } from "./index.js";

const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const word = (maxLength: number) =>
  fc.string({ unit: printable, maxLength }).filter((text) => text !== "-");
const name = fc.string({ unit: printable.filter((character) => !'="]'.includes(character)) });
const text = fc.string({ unit: "binary" });

/** Messages that marshal writes without truncation: years 0 to 9999, in microseconds. */
const message: fc.Arbitrary<Message> = fc
  .record({
    priority: fc.nat(),
    microseconds: fc.bigInt({ min: -62_167_219_200_000_000n, max: 253_402_300_799_999_999n }),
    offset: fc.oneof(fc.constant("Z" as const), fc.integer({ min: -1499, max: 1499 })),
    hostname: word(255),
    appName: word(48),
    processId: word(128),
    messageId: word(32),
    structuredData: fc.array(
      fc.record({ id: name, parameters: fc.array(fc.tuple(name, text), { maxLength: 4 }) }),
      { maxLength: 4 },
    ),
    message: fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  })
  .map(({ microseconds, offset, ...rest }) => {
    const offsetMinutes = offset === "Z" ? 0 : offset;
    // The year at the offset must have four digits.
    const timestamp = microseconds * 1000n - BigInt(offsetMinutes) * 60_000_000_000n;
    return { ...rest, timestamp, offsetMinutes, useUtc: offset === "Z" };
  });

describe("marshal and unmarshal", () => {
  test("preserve every valid message without a timestamp", () => {
    fc.assert(
      fc.property(message, (valid) => {
        const nil = { ...valid, timestamp: undefined, offsetMinutes: 0, useUtc: false };
        expect(unmarshal(marshal(nil))).toEqual(nil);
      }),
    );
  });

  test("preserve every valid message", () => {
    fc.assert(
      fc.property(message, (valid) => {
        expect(unmarshal(marshal(valid))).toEqual(valid);
      }),
      { numRuns: 2000 },
    );
  });

  test("preserve every instant to the microsecond at any offset", () => {
    fc.assert(
      fc.property(message, fc.nat({ max: 999 }), (valid, nanoseconds) => {
        const timestamp = (valid.timestamp ?? 0n) + BigInt(nanoseconds);
        expect(unmarshal(marshal({ ...valid, timestamp })).timestamp).toBe(valid.timestamp);
      }),
    );
  });

  test("unmarshal reads mutated messages or throws an UnmarshalError", () => {
    const mutated = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }))
      .map(([valid, changes]) => {
        const bytes = marshal(valid);
        for (const [at, byte] of changes) {
          bytes[at % bytes.length] = byte;
        }
        return bytes;
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        let read: Message;
        try {
          read = unmarshal(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(UnmarshalError);
          return;
        }
        expect(read.message).toEqual(bytes.slice(bytes.length - read.message.length));
      }),
      { numRuns: 2000 },
    );
  });

  test("unmarshal throws only UnmarshalErrors for any bytes", () => {
    const fragment = fc.constantFrom("<14>", "1 ", "2026-01-02T03:04:05Z", " ", "-", "[a", ' b="');
    const fragments = fc
      .array(
        fc.oneof(fragment, fc.constantFrom("\\", '"', "]", "é"), fc.string({ unit: "binary" })),
      )
      .map((parts) => new TextEncoder().encode(parts.join("")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fragments), (bytes) => {
        try {
          unmarshal(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(UnmarshalError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("writeTo and readFrom", () => {
  test("preserve the messages for any chunks", async () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 60 }));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), cuts, async (messages, sizes) => {
        const bytes = Buffer.concat(await collect(writeTo(messages)));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await collect(readFrom(chunks))).toEqual(messages);
      }),
    );
  });
});
