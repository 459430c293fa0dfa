import { describe, expect, test } from "vitest";
import { collect, counted, header, readInAllChunkSizes } from "../testing/frames.js";
import { MessageReader, readFrom } from "./index.js";

describe("octet counting", () => {
  test.each(["", "\n", "\r\n", "\0", "\r\n\0\n"])("skips %j between frames", async (end) => {
    const stream = `${end}${["one", "two\nlines\n", "three"].map((text) => counted(text) + end).join("")}`;
    for (const framing of ["octet-counting", "auto"] as const) {
      expect(await readInAllChunkSizes(stream, { framing })).toEqual({
        messages: ["one", "two\nlines\n", "three"],
        invalid: [],
        properties: [],
      });
    }
  });

  test("rejects messages without a count, and continues at the next line", async () => {
    const stream = `${counted("one")}\n${header}two\n${counted("three")}`;
    expect(await readInAllChunkSizes(stream, { framing: "octet-counting" })).toEqual({
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
      expect(await readInAllChunkSizes(stream, { framing })).toEqual({
        messages: ["one", "two"],
        invalid: [frame],
        properties: ["length"],
      });
    }
  });

  test("resynchronizes at the newline of the agent's messages after a wrong count", async () => {
    const short = counted("too short\n").replace(/^\d+/, "50");
    const { messages } = await readInAllChunkSizes(
      `${counted("one\n")}${short}${counted("two\n")}`,
    );
    expect(messages.at(0)).toBe("one\n");
    expect(messages.at(-1)).toBe("two\n");
  });

  test("skips a frame that is longer than maxMessageBytes without keeping it", async () => {
    const long = counted("x".repeat(500));
    const { messages, invalid, properties } = await readInAllChunkSizes(
      `${counted("one")}${long}${counted("two")}`,
      { maxMessageBytes: 100 },
    );
    expect({ messages, properties }).toEqual({ messages: ["one", "two"], properties: ["length"] });
    expect(invalid).toEqual([long.slice(0, 3)]);
  });

  test("reports a frame that is cut off by the end of the stream", async () => {
    const stream = counted("one") + counted("two").slice(0, -1);
    expect(await readInAllChunkSizes(stream)).toEqual({
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
        expect(await readInAllChunkSizes(stream, { framing: option })).toEqual({
          messages: ["one", "2 two", "three"],
          invalid: [],
          properties: [],
        });
      }
    },
  );

  test("does not need a line end at the end of the stream", async () => {
    for (const option of ["newline", "auto"] as const) {
      const { messages } = await readInAllChunkSizes(`${header}one\n${header}two`, {
        framing: option,
      });
      expect(messages).toEqual(["one", "two"]);
    }
  });

  test("rejects each line that is not a message, even if it begins with a digit", async () => {
    const lines = ["junk", `${header}one`, "42 monkeys", counted("two"), `${header}three`];
    expect(await readInAllChunkSizes(lines.join("\n"), { framing })).toEqual({
      messages: ["one", "three"],
      invalid: ["junk", "42 monkeys", counted("two")],
      properties: ["priority", "priority", "priority"],
    });
  });

  test("rejects a line that is too long once, and keeps at most maxMessageBytes of it", async () => {
    for (const option of ["newline", "auto"] as const) {
      const stream = `${header}one\n${header}${"x".repeat(300)}\n${header}two\n`;
      const { messages, invalid, properties } = await readInAllChunkSizes(stream, {
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

describe("MessageReader", () => {
  test("returns the messages of each chunk, and reports whether a frame is incomplete", () => {
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
