import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventTooLargeError } from "../errors.js";
import { EventReader } from "./eventReader.js";

function read(
  chunks: Iterable<Uint8Array>,
  maxLength = 1000,
): { data: string[]; reader: EventReader } {
  const reader = new EventReader(maxLength);
  const data: string[] = [];
  for (const chunk of chunks) data.push(...reader.feed(chunk));
  return { data, reader };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("an event reader", () => {
  test("gives the same events however the bytes are cut", () => {
    const line = fc
      .string({ unit: "binary", maxLength: 12 })
      .map((s) => s.replace(/[\r\n\ud800-\udfff]/gu, "¶"));
    const event = fc.array(line, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
        (events, end, mark, sizes) => {
          const lines = events.map((data) => [
            ": comment",
            ...data.map((d) => `data: ${d}`),
            "",
            "",
          ]);
          const stream = bytes((mark ? "\ufeff" : "") + lines.map((l) => l.join(end)).join(""));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(read(chunks).data).toEqual(events.map((data) => data.join("\n")));
        },
      ),
    );
  });

  test("takes a byte order mark off the start only", () => {
    expect(read([bytes("\ufeff"), bytes("data: \ufeffa\n\n"), bytes("data: b\n\n")]).data).toEqual([
      "\ufeffa",
      "b",
    ]);
  });

  test("replaces what is no UTF-8", () => {
    const invalid = [bytes("data: a"), Uint8Array.of(0xf0, 0x9f), bytes("b"), bytes("\n\n")];
    expect(read(invalid).data).toEqual(["a\ufffdb"]);
  });

  test("leaves out heartbeats in both forms, and events and fields it does not know", () => {
    const stream =
      "heartbeat: 17\n\nevent: heartbeat\ndata: 17\n\nevent: new\ndata: x\n\nid: 1\n\n";
    const { data, reader } = read([bytes(stream)]);
    expect(data).toEqual([]);
    expect(reader.receivedEvent).toBe(true);
    expect(reader.closing).toBe(false);
  });

  test("does not take a closing for a sign of success", () => {
    const { data, reader } = read([bytes("event: closing\ndata: x\n\n")]);
    expect(data).toEqual([]);
    expect(reader.closing).toBe(true);
    expect(reader.receivedEvent).toBe(false);
  });

  test("holds back what is not complete", () => {
    expect(read([bytes("data: a\n\ndata: b\n")]).data).toEqual(["a"]);
  });

  test("takes an event of the greatest length, and refuses a longer one in whatever pieces", () => {
    const most = bytes(`data: ${"x".repeat(994)}\n\n`);
    expect(read([most]).reader.error).toBeUndefined();
    const more = `data: a\n\ndata: ${"x".repeat(1001)}`;
    for (const chunks of [
      [bytes(`${more}\n\n`)],
      [bytes(more)],
      [bytes(`data: a\n\n${"data: xxxxxxxxx\n".repeat(101)}`)],
    ]) {
      const { data, reader } = read(chunks);
      expect(data).toEqual(["a"]);
      expect(reader.error).toBeInstanceOf(EventTooLargeError);
      expect(reader.error?.message).toMatch(/maxEventLength, 1000 characters/);
    }
  });
});
