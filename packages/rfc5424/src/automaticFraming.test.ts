import { once } from "node:events";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { counted, header, read, readInAllChunkSizes, textOf } from "../testing/frames.js";
import { type Message, readFrom } from "./index.js";

describe("automatic framing", () => {
  test("is decided for each frame", async () => {
    const stream = `${header}one\n${counted("two")}\n${header}three\r\n${counted("four\n")}${header}five`;
    expect(await readInAllChunkSizes(stream)).toEqual({
      messages: ["one", "two", "three", "four\n", "five"],
      invalid: [],
      properties: [],
    });
  });

  test.each([
    "two\nlines",
    "an\n\nempty line",
    "12 monkeys\n12 monkeys",
    "a\n<not a priority>",
    "quoted\n<14>1 looks like syslog",
    'json\n{\n  "a": 1\n}',
    "0\n0 <14>1 2026-01-02T03:04:05Z",
  ])("reads %j as one message of several lines", async (text) => {
    const stream = `${header}one\n${header}${text}\n${header}three\n`;
    expect(await readInAllChunkSizes(stream)).toEqual({
      messages: ["one", text, "three"],
      invalid: [],
      properties: [],
    });
  });

  test("rejects a line of another format without adding it to the previous message", async () => {
    const other = "<13>Oct 11 22:14:15 host su: no version";
    expect(await readInAllChunkSizes(`${header}one\n${other}\n${header}two\n`)).toEqual({
      messages: ["one", "two"],
      invalid: [other],
      properties: ["version"],
    });
  });

  test("rejects lines before the first message", async () => {
    const stream = `HELO\nhow are you\n${header}one\n`;
    const { messages, invalid } = await readInAllChunkSizes(stream);
    expect({ messages, invalid }).toEqual({ messages: ["one"], invalid: ["HELO\nhow are you"] });
  });

  test("reads a value with a line end in structured data", async () => {
    const start = "<14>1 2026-01-02T03:04:05Z h a - - ";
    const stream = `${start}[x k="1\n2"] one\n${start}- two\n`;
    expect((await readInAllChunkSizes(stream)).messages).toEqual(["one", "two"]);
  });

  test("returns any messages in any framing, for any chunks", async () => {
    const text = fc
      .array(fc.constantFrom("a", "1", " ", "\n", "<", "<a>", "é", "{", "12 "), { maxLength: 12 })
      .map((parts) => parts.join("").replace(/[\s\0]+$/, ""))
      .filter((text) => !/\n\s*<\d/.test(text) && !/\n[\d ]*<?\d*$/.test(text));
    const frames = fc.array(fc.tuple(text, fc.constantFrom("counted", "\n", "\r\n", "\0")), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 80 }), async (sent, size) => {
        const stream = sent.map(([text, end]) =>
          end === "counted" ? counted(text) : header + text + end,
        );
        const { messages, invalid } = await read(stream.join(""), {}, size);
        expect(invalid).toEqual([]);
        expect(messages).toEqual(sent.map(([text]) => text));
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes result in messages or UnmarshalErrors, and the stream continues", async () => {
    const part = fc.oneof(
      fc.constantFrom(header, counted("x"), "\n", "\r", "\0", "9", "12 ", "<14>", "<14>1 ", "<1"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    const stream = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(""));
    const framing = fc.constantFrom("octet-counting" as const, "newline" as const, "auto" as const);
    const size = fc.integer({ min: 1, max: 60 });
    await fc.assert(
      fc.asyncProperty(stream, framing, size, async (stream, framing, size) => {
        const options = { framing, maxMessageBytes: 60 };
        expect(await read(stream, options, size)).toEqual(await read(stream, options));
      }),
      { numRuns: 1000 },
    );
  });

  test("delivers a line without waiting for the next one if the stream becomes silent", async () => {
    const stream = new PassThrough();
    const messages = readFrom(stream);
    stream.write(`${header}one\n${header}two\n`);
    expect(textOf((await messages.next()).value as Message)).toBe("one");
    expect(textOf((await messages.next()).value as Message)).toBe("two");
    stream.write(`${header}three\n`);
    expect(textOf((await messages.next()).value as Message)).toBe("three");
    // Ends the iteration while it waits for a chunk, which must close the stream.
    const closed = once(stream, "close");
    await messages.return();
    await closed;
  });

  test("delivers the last line of a stream that fails", async () => {
    const source = (async function* () {
      yield Buffer.from(`${header}one\n${header}two\n`);
      throw new Error("connection lost");
    })();
    const received: string[] = [];
    const reading = (async () => {
      for await (const message of readFrom(source)) {
        received.push(textOf(message));
      }
    })();
    await expect(reading).rejects.toThrow("connection lost");
    expect(received).toEqual(["one", "two"]);
  });

  test("delivers a line of a web stream that becomes silent, which can then be cancelled", async () => {
    let cancelled: unknown;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(`${header}one\n`)),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const reader = stream.pipeThrough(readFrom()).getReader();
    expect(textOf((await reader.read()).value as Message)).toBe("one");
    await reader.cancel("done");
    expect(cancelled).toBe("done");
  });

  // With quadratic time, these would take hours.
  test.each([
    ["a line in small chunks", `${header}${"x".repeat(400_000)}\n`, 1],
    ["a frame in small chunks", counted("x".repeat(400_000)), 1],
    ["empty lines", `${header}one\n${"\n".repeat(2e6)}`, 1000],
    ["digits", "1".repeat(2e6), 1000],
    ["lines that may begin a frame", `${header}${"\n<1".repeat(300_000)}`, 7],
    ["counts that may begin a frame", `${header}${"\n123 ".repeat(200_000)}`, 7],
    ["tiny frames", "1 x".repeat(50_000), 1000],
    ["a skipped line", `${header}${"x\n".repeat(1e6)}`, 100],
  ])("takes linear time for %s", async (_, stream, size) => {
    const begin = performance.now();
    await read(stream, { maxMessageBytes: 1_000_000 }, size);
    expect(performance.now() - begin).toBeLessThan(15_000);
  });
});
