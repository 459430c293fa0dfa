import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventTooLargeError } from "../errors.js";
import { ChunkDecoder as BrowserDecoder } from "./browser/chunkDecoder.js";
import { ChunkDecoder } from "./chunkDecoder.js";
import { EventReader } from "./eventReader.js";

function read(
  chunks: Iterable<Uint8Array>,
  maxLength = 1000,
): { data: string[]; reader: EventReader } {
  const reader = new EventReader(maxLength);
  const data: string[] = [];
  for (const chunk of chunks) {
    data.push(...reader.feed(chunk));
  }
  return { data, reader };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("both decoders return the same text for any split, except for a byte order mark", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.uint8Array({ maxLength: 3 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      (text, garbage, marked, size) => {
        const all = [...bytes(marked ? `\ufeff${text}` : text), ...garbage, ...bytes("\ntail")];
        const decoders = [new ChunkDecoder(), new BrowserDecoder()];
        const texts = decoders.map((decoder) => {
          let decoded = "";
          for (let at = 0; at < all.length; at += size) {
            decoded += decoder.decode(Uint8Array.from(all.slice(at, at + size)));
          }
          return decoded;
        });
        expect(texts[1]).toBe(texts[0]);
        expect(texts[0]).toBe(new TextDecoder().decode(Uint8Array.from(all)));
      },
    ),
  );
});

describe("an event reader", () => {
  test("returns the same events for any split", () => {
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

  test("removes a byte order mark from the start only", () => {
    expect(read([bytes("\ufeff"), bytes("data: \ufeffa\n\n"), bytes("data: b\n\n")]).data).toEqual([
      "\ufeffa",
      "b",
    ]);
  });

  test("replaces malformed UTF-8", () => {
    const invalid = [bytes("data: a"), Uint8Array.of(0xf0, 0x9f), bytes("b"), bytes("\n\n")];
    expect(read(invalid).data).toEqual(["a\ufffdb"]);
  });

  test("skips both forms of heartbeats, and unknown events and fields", () => {
    const stream =
      "heartbeat: 17\n\nevent: heartbeat\ndata: 17\n\nevent: new\ndata: x\n\nid: 1\n\n";
    const { data, reader } = read([bytes(stream)]);
    expect(data).toEqual([]);
    expect(reader.receivedEvent).toBe(true);
    expect(reader.closing).toBe(false);
  });

  test("does not count a closing event as a received event", () => {
    const { data, reader } = read([bytes("event: closing\ndata: x\n\n")]);
    expect(data).toEqual([]);
    expect(reader.closing).toBe(true);
    expect(reader.receivedEvent).toBe(false);
  });

  test("does not return an incomplete event", () => {
    expect(read([bytes("data: a\n\ndata: b\n")]).data).toEqual(["a"]);
  });

  test("accepts an event of the maximum length, and rejects a longer one for any split", () => {
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
