import { once } from "node:events";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Message,
  MessageReader,
  type ReadFromOptions,
  readFrom,
  type UnmarshalError,
} from "./index.js";

const header = "<14>1 2026-01-02T03:04:05Z host app - - - ";
const counted = (text: string) => `${Buffer.byteLength(header + text)} ${header}${text}`;

/** Reads a stream cut into chunks of `size` bytes. Returns MSGs, and the bytes of invalid frames. */
async function read(stream: string | Uint8Array, options: ReadFromOptions = {}, size = 1 << 20) {
  const bytes = Buffer.from(stream);
  const invalid: string[] = [];
  const properties: string[] = [];
  const onInvalid = (error: UnmarshalError, frame: Uint8Array) => {
    invalid.push(Buffer.from(frame).toString());
    properties.push(error.property);
  };
  const messages: string[] = [];
  for await (const message of readFrom(cut(bytes, size), { onInvalid, ...options })) {
    messages.push(textOf(message));
  }
  return { messages, invalid, properties };
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

function textOf({ message }: Message): string {
  return Buffer.from(message).toString();
}

/** The same, whatever the size of the chunks. */
async function readHoweverCut(stream: string, options: ReadFromOptions = {}) {
  const whole = await read(stream, options);
  for (let size = 1; size < Buffer.byteLength(stream); size++) {
    expect(await read(stream, options, size), `chunks of ${size} bytes`).toEqual(whole);
  }
  return whole;
}

describe("octet counting", () => {
  test.each(["", "\n", "\r\n", "\0", "\r\n\0\n"])("skips %j between frames", async (end) => {
    const stream = `${end}${["one", "two\nlines\n", "three"].map((text) => counted(text) + end).join("")}`;
    for (const framing of ["octet-counting", "auto"] as const) {
      expect(await readHoweverCut(stream, { framing })).toEqual({
        messages: ["one", "two\nlines\n", "three"],
        invalid: [],
        properties: [],
      });
    }
  });

  test("rejects messages without a count, and continues at the next line", async () => {
    const stream = `${counted("one")}\n${header}two\n${counted("three")}`;
    expect(await readHoweverCut(stream, { framing: "octet-counting" })).toEqual({
      messages: ["one", "three"],
      invalid: [`${header}two`],
      properties: ["length"],
    });
  });

  test.each([
    ["a leading zero", "042 abc"],
    ["a sign", "+42 abc"],
    ["no space", "42abc"],
    ["a number that is too long for a count", `${"9".repeat(11)} abc`],
  ])("continues at the next line after %s", async (_, frame) => {
    for (const framing of ["octet-counting", "auto"] as const) {
      const stream = `${counted("one")}${frame}\n${counted("two")}`;
      expect(await readHoweverCut(stream, { framing })).toEqual({
        messages: ["one", "two"],
        invalid: [frame],
        properties: ["length"],
      });
    }
  });

  test("resynchronizes after a wrong count, as the agent's messages end with a newline", async () => {
    const short = counted("too short\n").replace(/^\d+/, "50");
    const { messages } = await readHoweverCut(`${counted("one\n")}${short}${counted("two\n")}`);
    expect(messages.at(0)).toBe("one\n");
    expect(messages.at(-1)).toBe("two\n");
  });

  test("skips a frame that is longer than maxMessageBytes without keeping it", async () => {
    const long = counted("x".repeat(500));
    const { messages, invalid, properties } = await readHoweverCut(
      `${counted("one")}${long}${counted("two")}`,
      { maxMessageBytes: 100 },
    );
    expect({ messages, properties }).toEqual({ messages: ["one", "two"], properties: ["length"] });
    expect(invalid).toEqual([long.slice(0, 3)]);
  });

  test("reports a frame that is cut off by the end of the stream", async () => {
    const stream = counted("one") + counted("two").slice(0, -1);
    expect(await readHoweverCut(stream)).toEqual({
      messages: ["one"],
      invalid: [`${header}tw`],
      properties: ["frame"],
    });
  });
});

describe("newline framing", () => {
  const framing = "newline";

  test.each(["\n", "\r\n", "\0", "\n\n", "\r\n\r\n", "\n\0"])(
    "ends a message at %j",
    async (end) => {
      const stream = ["one", "2 two", "three"].map((text) => header + text + end).join("");
      for (const option of ["newline", "auto"] as const) {
        expect(await readHoweverCut(stream, { framing: option })).toEqual({
          messages: ["one", "2 two", "three"],
          invalid: [],
          properties: [],
        });
      }
    },
  );

  test("needs no line end at the end of the stream", async () => {
    for (const option of ["newline", "auto"] as const) {
      const { messages } = await readHoweverCut(`${header}one\n${header}two`, { framing: option });
      expect(messages).toEqual(["one", "two"]);
    }
  });

  test("rejects each line that is not a message, even if it begins with a digit", async () => {
    const lines = ["junk", `${header}one`, "42 monkeys", counted("two"), `${header}three`];
    expect(await readHoweverCut(lines.join("\n"), { framing })).toEqual({
      messages: ["one", "three"],
      invalid: ["junk", "42 monkeys", counted("two")],
      properties: ["priority", "priority", "priority"],
    });
  });

  test("rejects a line that is too long once, and keeps no more of it than maxMessageBytes", async () => {
    for (const option of ["newline", "auto"] as const) {
      const stream = `${header}one\n${header}${"x".repeat(300)}\n${header}two\n`;
      const { messages, invalid, properties } = await readHoweverCut(stream, {
        framing: option,
        maxMessageBytes: 100,
      });
      expect(messages).toEqual(["one", "two"]);
      expect(properties).toEqual(["frame"]);
      expect(invalid).toEqual([`${header}${"x".repeat(300)}`.slice(0, 100)]);
    }
  });

  test("an endless line fails the stream without onInvalid, in bounded memory", async () => {
    for (const option of ["newline", "auto"] as const) {
      let chunks = 0;
      const endless = (function* () {
        yield Buffer.from(header);
        for (; ; chunks++) {
          yield Buffer.alloc(1000, "x");
        }
      })();
      const reading = collect(readFrom(endless, { framing: option, maxMessageBytes: 10_000 }));
      await expect(reading).rejects.toThrow("must have at most maxMessageBytes, 10000");
      expect(chunks).toBeLessThan(12);
    }
  });
});

describe("automatic framing", () => {
  test("is decided for each frame", async () => {
    const stream = `${header}one\n${counted("two")}\n${header}three\r\n${counted("four\n")}${header}five`;
    expect(await readHoweverCut(stream)).toEqual({
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
    expect(await readHoweverCut(stream)).toEqual({
      messages: ["one", text, "three"],
      invalid: [],
      properties: [],
    });
  });

  test("rejects a line of another format without adding it to the message before", async () => {
    const other = "<13>Oct 11 22:14:15 host su: no version";
    expect(await readHoweverCut(`${header}one\n${other}\n${header}two\n`)).toEqual({
      messages: ["one", "two"],
      invalid: [other],
      properties: ["version"],
    });
  });

  test("rejects lines before the first message", async () => {
    const stream = `HELO\nhow are you\n${header}one\n`;
    const { messages, invalid } = await readHoweverCut(stream);
    expect({ messages, invalid }).toEqual({ messages: ["one"], invalid: ["HELO\nhow are you"] });
  });

  test("reads a value with a line end in structured data", async () => {
    const start = "<14>1 2026-01-02T03:04:05Z h a - - ";
    const stream = `${start}[x k="1\n2"] one\n${start}- two\n`;
    expect((await readHoweverCut(stream)).messages).toEqual(["one", "two"]);
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

  test("delivers a line without waiting for the next one, over a stream that goes silent", async () => {
    const stream = new PassThrough();
    const messages = readFrom(stream);
    stream.write(`${header}one\n${header}two\n`);
    expect(textOf((await messages.next()).value as Message)).toBe("one");
    expect(textOf((await messages.next()).value as Message)).toBe("two");
    stream.write(`${header}three\n`);
    expect(textOf((await messages.next()).value as Message)).toBe("three");
    // Leaves the stream while a chunk is awaited.
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

  test("delivers a line over a web stream that goes silent, which can then be cancelled", async () => {
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

  // Quadratic time would be hours.
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

test.each([
  ["a single chunk", Buffer.from(counted("x")), "wrap a single chunk in an array"],
  ["text", "text", "source must be a stream"],
  ["null", null, "source must be a stream"],
])("rejects %s as a source", (_, source, message) => {
  expect(() => readFrom(source as never)).toThrow(TypeError);
  expect(() => readFrom(source as never)).toThrow(message);
});

test("rejects options that are not an object", () => {
  expect(() => readFrom([], null as never)).toThrow("options must be an object, got null");
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) {
    items.push(item);
  }
  return items;
}

describe("MessageReader", () => {
  test("returns messages step by step, and whether a frame is incomplete", () => {
    const reader = new MessageReader();
    const [one, two] = ["<14>1 - - a - - - x", "<14>1 - - b - - - y"];
    expect(reader.isIncomplete).toBe(false);
    expect(reader.read(Buffer.from(`${one.length} ${one}${two.length} <14>`))).toHaveLength(1);
    expect(reader.isIncomplete).toBe(true);
    expect(reader.read(Buffer.from(two.slice(4)))).toMatchObject([{ appName: "b" }]);
    expect(reader.isIncomplete).toBe(false);
    expect(reader.read(Buffer.from(`${one}\n`))).toEqual([]);
    expect([reader.holdsLine, reader.isIncomplete]).toEqual([true, true]);
    expect(reader.release()).toMatchObject([{ appName: "a" }]);
    expect(reader.read(Buffer.from(two))).toEqual([]);
    expect(reader.end()).toMatchObject([{ appName: "b" }]);
  });

  test("is incomplete while it skips a frame that is too long", () => {
    const reader = new MessageReader({ maxMessageBytes: 10, onInvalid: () => {} });
    reader.read(Buffer.from("4294967296 <14>"));
    expect(reader.isIncomplete).toBe(true);
    const lines = new MessageReader({ maxMessageBytes: 10, onInvalid: () => {} });
    lines.read(Buffer.from("<14>1 - - a - - - x"));
    expect(lines.isIncomplete).toBe(true);
  });
});
