import { describe, expect, test } from "vitest";
import { collect } from "../testing/frames.js";
import {
  MarshalError,
  type Message,
  type MessageInit,
  marshal,
  readFrom,
  UnmarshalError,
  unmarshal,
  writeTo,
} from "./index.js";

const examples = ["one", "two", "three"].map(
  (message): MessageInit => ({ priority: 14, timestamp: 0n, hostname: "host", message }),
);
const encoded = Buffer.concat(
  examples.map((message) => {
    const bytes = marshal(message);
    return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
  }),
);
const unwritable: MessageInit = { priority: 14, timestamp: 0n, hostname: "bad host" };

// Both ways to use the decoder.
const readers: [string, (chunks: Uint8Array[], options?: Options) => AsyncIterable<Message>][] = [
  ["over an async iterable", (chunks, options) => readFrom(chunks, options)],
  ["through a web stream", (chunks, options) => streamOf(chunks).pipeThrough(readFrom(options))],
];

type Options = Parameters<typeof readFrom>[1];

describe.each(readers)("readFrom %s", (_, read) => {
  test("reads messages from chunks cut at every byte", async () => {
    for (let size = 1; size <= encoded.length; size++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < encoded.length; at += size) {
        chunks.push(encoded.subarray(at, at + size));
      }
      expect(texts(await collect(read(chunks)))).toEqual(["one", "two", "three"]);
    }
  });

  test("reads nothing from an empty stream, and skips empty chunks", async () => {
    expect(await collect(read([]))).toEqual([]);
    const chunks = [
      new Uint8Array(0),
      encoded.subarray(0, 1),
      new Uint8Array(0),
      encoded.subarray(1),
    ];
    expect(await collect(read(chunks))).toHaveLength(3);
  });

  test.each([
    ["a length beyond the default bound", "1048577 ", "length"],
    ["a length that never ends", "9".repeat(10_000), "length"],
    ["a length of 0", "0 ", "length"],
    ["a leading zero", "042 ", "length"],
    ["a sign", "+42 ", "length"],
    ["no length", " <14>1", "length"],
    ["no digits", "abc\n", "length"],
    ["an end in the length", "4", "frame"],
    ["an end after the length", "42 ", "frame"],
    ["an end in the message", "42 <14>1", "frame"],
    ["a frame that is not a message", "3 abc", "priority"],
  ])("delivers the messages before the fault, then fails: %s", async (_, bad, property) => {
    const messages: Message[] = [];
    const reading = (async () => {
      const chunks = [Buffer.concat([encoded, Buffer.from(bad)])];
      for await (const message of read(chunks)) {
        messages.push(message);
      }
    })();
    await expect(reading).rejects.toThrow(UnmarshalError);
    await expect(reading).rejects.toMatchObject({ property });
    expect(texts(messages)).toEqual(["one", "two", "three"]);
  });

  test("rejects a length above maxMessageBytes before the message arrives", async () => {
    const bytes = marshal({ priority: 14, timestamp: 0n, message: "x".repeat(1000) });
    const frame = Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
    const count = frame.subarray(0, 4);
    await expect(collect(read([frame], { maxMessageBytes: bytes.length }))).resolves.toHaveLength(
      1,
    );
    const refused = collect(read([count], { maxMessageBytes: bytes.length - 1 }));
    await expect(refused).rejects.toThrow(
      `length must be at most maxMessageBytes, ${bytes.length - 1}, got "${bytes.length}"`,
    );
  });

  test("calls onInvalid for frames that are not messages, and continues", async () => {
    const seen: [string, string][] = [];
    const onInvalid = (error: UnmarshalError, frame: Uint8Array) =>
      seen.push([error.property, Buffer.from(frame).toString()]);
    const chunks = [
      Buffer.from("3 abc"),
      encoded,
      Buffer.from("5 <14>"),
      Buffer.from("2"),
      encoded,
    ];
    expect(await collect(read(chunks, { onInvalid }))).toHaveLength(6);
    expect(seen).toEqual([
      ["priority", "abc"],
      ["version", "<14>2"],
    ]);
  });

  test("fails with the error that onInvalid throws", async () => {
    const onInvalid = () => {
      throw new Error("enough");
    };
    await expect(collect(read([Buffer.from("3 abc")], { onInvalid }))).rejects.toThrow("enough");
  });

  test("rejects chunks of text", async () => {
    const chunks = [encoded.toString() as unknown as Uint8Array];
    await expect(collect(read(chunks))).rejects.toThrow(TypeError);
  });

  test("fails with the reason if a promise that onInvalid returned rejects", async () => {
    const onInvalid = () => Promise.reject(new Error("enough"));
    const chunks = [Buffer.from("3 abc"), encoded, encoded];
    await expect(collect(read(chunks, { onInvalid }))).rejects.toThrow("enough");
  });

  test("rejects invalid options at the call", () => {
    for (const maxMessageBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => read([], { maxMessageBytes })).toThrow(RangeError);
    }
    for (const [value, received] of [
      ["5", '"5"'],
      [5n, "5"],
      [null, "null"],
    ]) {
      const create = () => read([], { maxMessageBytes: value as never });
      expect(create).toThrow(
        new TypeError(`maxMessageBytes must be a positive integer, got ${received}`),
      );
      expect(() => read([], { framing: 5n as never })).toThrow("framing must be");
    }
    expect(() => read([], { framing: "lf" as never })).toThrow(
      'framing must be "octet-counting", "newline" or "auto", got "lf"',
    );
    expect(() => read([], { onInvalid: "log" as never })).toThrow("onInvalid must be a function");
    expect(() => read([], { maxMessageByte: 5 } as never)).toThrow(
      'unknown option "maxMessageByte"; known options: framing, maxMessageBytes, onInvalid',
    );
  });
});

describe("readFrom", () => {
  test("is not affected by chunks that are overwritten later", async () => {
    async function* overwriting() {
      for (let at = 0; at < encoded.length; at += 50) {
        const chunk = Buffer.from(encoded.subarray(at, at + 50));
        yield chunk;
        chunk.fill(0);
      }
    }
    expect(texts(await collect(readFrom(overwriting())))).toEqual(["one", "two", "three"]);
  });

  test("closes the source when the loop breaks", async () => {
    let closed = false;
    async function* source() {
      try {
        for (;;) {
          yield encoded;
        }
      } finally {
        closed = true;
      }
    }
    for await (const message of readFrom(source())) {
      expect(texts([message])).toEqual(["one"]);
      break;
    }
    expect(closed).toBe(true);
  });

  test("reads a web stream no faster than its messages are consumed", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(encoded));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source.pipeThrough(readFrom()).getReader();
    for (let i = 0; i < 30; i++) {
      await reader.read();
    }
    // Ten chunks were needed; one more may be buffered.
    expect(pulled).toBeLessThanOrEqual(12);
    await reader.cancel();
  });

  test("cancels the source of a web stream when it is cancelled while waiting", async () => {
    let cancel: (reason: unknown) => void = () => {};
    const reason = new Promise((resolve) => {
      cancel = resolve;
    });
    const reader = new ReadableStream<Uint8Array>({ cancel }).pipeThrough(readFrom()).getReader();
    const read = reader.read();
    await reader.cancel("done");
    expect(await read).toEqual({ done: true, value: undefined });
    expect(await reason).toBe("done");
  });

  test("cancels the source of a web stream that is malformed", async () => {
    let cancel: (reason: unknown) => void = () => {};
    const reason = new Promise((resolve) => {
      cancel = resolve;
    });
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from("abc")),
      cancel,
    });
    await expect(collect(source.pipeThrough(readFrom()))).rejects.toThrow(UnmarshalError);
    expect(await reason).toBeInstanceOf(UnmarshalError);
  });

  test("fails with the error of a web stream", async () => {
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error("connection lost")),
    });
    await expect(collect(source.pipeThrough(readFrom()))).rejects.toThrow("connection lost");
  });
});

const writers: [
  string,
  (messages: MessageInit[], options?: WriteOptions) => AsyncIterable<Uint8Array>,
][] = [
  ["over an async iterable", (messages, options) => writeTo(messages, options)],
  ["through a web stream", (messages, options) => streamOf(messages).pipeThrough(writeTo(options))],
];

type WriteOptions = Parameters<typeof writeTo>[1];

describe.each(writers)("writeTo %s", (_, write) => {
  test("writes each message as one chunk, preceded by its length in bytes", async () => {
    const chunks = await collect(write(examples));
    expect(chunks).toHaveLength(3);
    expect(Buffer.concat(chunks)).toEqual(encoded);
    const [chunk] = await collect(write([{ priority: 14, timestamp: 0n, message: "日本" }]));
    expect(Buffer.from(chunk as Uint8Array).toString()).toBe(
      "48 <14>1 1970-01-01T00:00:00+00:00 - - - - - 日本",
    );
  });

  test("fails at a message that cannot be written", async () => {
    const chunks: Uint8Array[] = [];
    const writing = (async () => {
      for await (const chunk of write([...examples, unwritable])) {
        chunks.push(chunk);
      }
    })();
    await expect(writing).rejects.toThrow(MarshalError);
    expect(Buffer.concat(chunks)).toEqual(encoded);
  });

  test("calls onInvalid for messages that cannot be written, and continues", async () => {
    const seen: [string, MessageInit][] = [];
    const onInvalid = (error: MarshalError, message: MessageInit) =>
      seen.push([error.property, message]);
    const chunks = await collect(write([unwritable, ...examples], { onInvalid }));
    expect(Buffer.concat(chunks)).toEqual(encoded);
    expect(seen).toEqual([["hostname", unwritable]]);
  });
});

function streamOf<T>(items: T[]): ReadableStream<T> {
  const rest = [...items];
  return new ReadableStream<T>({
    pull(controller) {
      const item = rest.shift();
      if (item === undefined) {
        controller.close();
      } else {
        controller.enqueue(item);
      }
    },
  });
}

function texts(messages: Message[]): string[] {
  return messages.map((message) => {
    expect(unmarshal(marshal(message))).toEqual(message);
    return Buffer.from(message.message).toString();
  });
}
