import { describe, expect, test } from "vitest";
import { type Message, UnmarshalError, unmarshal } from "../index.js";

const head = "<14>1 2026-01-02T03:04:05Z";

describe("unmarshal", () => {
  test("reads an example of the RFC", () => {
    const message = read(
      "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 " +
        '[exampleSDID@32473 iut="3"][examplePriority@32473 class="high"] \ufeffAn entry',
    );
    expect(message).toEqual({
      priority: 165,
      timestamp: BigInt(Date.parse("2003-10-11T22:14:15.003Z")) * 1_000_000n,
      offsetMinutes: 0,
      useUtc: true,
      hostname: "mymachine.example.com",
      appName: "evntslog",
      processId: "",
      messageId: "ID47",
      structuredData: [
        { id: "exampleSDID@32473", parameters: [["iut", "3"]] },
        { id: "examplePriority@32473", parameters: [["class", "high"]] },
      ],
      message: encode("\ufeffAn entry"),
    });
  });

  test.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", 0, 0n],
    ["2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z", 0, 0n],
    ["2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05Z", 0, 0n],
    ["2026-01-02T03:04:05.123456+05:30", "2026-01-01T21:34:05Z", 330, 123_456_000n],
    ["2026-01-02T03:04:05.1-07:00", "2026-01-02T10:04:05Z", -420, 100_000_000n],
    ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05Z", 0, 123_456_789n],
    ["2026-01-02T03:04:05.9999999999Z", "2026-01-02T03:04:05Z", 0, 999_999_999n],
    ["2026-01-02T03:04:05.000000001Z", "2026-01-02T03:04:05Z", 0, 1n],
    ["2026-01-02T03:04:05,25Z", "2026-01-02T03:04:05Z", 0, 250_000_000n],
    ["2026-01-02T3:04:05Z", "2026-01-02T03:04:05Z", 0, 0n],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", 0, 0n],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", 0, 0n],
    ["0000-02-29T23:59:59Z", "0000-02-29T23:59:59Z", 0, 0n],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00Z", 0, 0n],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 0, 0n],
    ["2026-01-02T03:04:05+24:60", "2026-01-01T02:04:05Z", 1500, 0n],
  ])("reads the time %s", (written, instant, offsetMinutes, nanoseconds) => {
    const message = read(`<14>1 ${written} h a p m -`);
    expect(message.timestamp).toBe(BigInt(Date.parse(instant)) * 1_000_000n + nanoseconds);
    expect(message.offsetMinutes).toBe(offsetMinutes);
    expect(message.useUtc).toBe(written.endsWith("Z"));
  });

  test("reads the nil timestamp as undefined", () => {
    expect(read("<7>1 - foo bar - - - message")).toEqual({
      ...{ priority: 7, timestamp: undefined, offsetMinutes: 0, useUtc: false },
      ...{ hostname: "foo", appName: "bar", processId: "", messageId: "", structuredData: [] },
      message: encode("message"),
    });
  });

  test.each([
    "",
    "--",
    "2026-01-02",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05z",
    "2026-01-02t03:04:05Z",
    "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05Z0",
    "2026-01-02T03:04:05+0530",
    "2026-01-02T03:04:05+05",
    "2026-01-02T03:04:05+25:00",
    "2026-01-02T03:04:05+00:61",
    "2026-01-02T03:04:05 05:30",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:00Z",
    "2026-01-02T03:04:60Z",
    "2026-1-2T03:04:05+00:00",
    "2026-00-02T03:04:05Z",
    "2026-13-02T03:04:05Z",
    "2026-01-00T03:04:05Z",
    "2026-01-32T03:04:05Z",
    "2026-02-29T03:04:05Z",
    "1900-02-29T03:04:05Z",
    "20260-01-02T03:04:05Z",
    "-026-01-02T03:04:05Z",
  ])("rejects the time %s", (written) => {
    expect(failure(`<14>1 ${written} h a p m -`).property).toBe("timestamp");
  });

  test.each([
    ["<0>", 0],
    ["<007>", 7],
    ["<2147483647>", 2_147_483_647],
  ])("reads the priority %s", (written, priority) => {
    expect(read(`${written}1 2026-01-02T03:04:05Z h a p m -`).priority).toBe(priority);
  });

  test.each(["", "14>", "<>", "<-1>", "<+1>", "<1", "<2147483648>", "<٣>", `<${"9".repeat(400)}>`])(
    "rejects the priority %s",
    (written) => {
      expect(failure(`${written}1 2026-01-02T03:04:05Z h a p m -`).property).toBe("priority");
    },
  );

  test.each(["", "2 ", "11 ", "1"])("rejects the version %j", (written) => {
    expect(failure(`<14>${written}2026-01-02T03:04:05Z h a p m -`).property).toBe("version");
  });

  test("accepts words of any length and any characters, and - for an empty one", () => {
    const long = "x".repeat(1000);
    expect(read(`${head} ${long} äpp  - -`)).toMatchObject({
      hostname: long,
      appName: "äpp",
      processId: "",
      messageId: "",
    });
  });

  test.each([
    ["-", []],
    ["", []],
    ["[a]", [{ id: "a", parameters: [] }]],
    ["[]", [{ id: "", parameters: [] }]],
    ['[a b="c"]', [{ id: "a", parameters: [["b", "c"]] }]],
    ['[a b="\\"\\]\\\\"]', [{ id: "a", parameters: [["b", '"]\\']] }]],
    ['[a b="\\n\\日\\=\\[\\ "]', [{ id: "a", parameters: [["b", "\\n\\日\\=\\[\\ "]] }]],
    ['[a b="C:\\Users\\me"]', [{ id: "a", parameters: [["b", "C:\\Users\\me"]] }]],
    ['[a b="C:\\\\Users"]', [{ id: "a", parameters: [["b", "C:\\Users"]] }]],
    ['[a b="\\\\\\"\\U\\\\"]', [{ id: "a", parameters: [["b", '\\"\\U\\']] }]],
    ['[a b="x]y"]', [{ id: "a", parameters: [["b", "x]y"]] }]],
    ['[ ="b"]', [{ id: "", parameters: [["", "b"]] }]],
    ['[a  b="c"]', [{ id: "a", parameters: [[" b", "c"]] }]],
    ['[a"b c"d="e"]', [{ id: 'a"b', parameters: [['c"d', "e"]] }]],
    ['[日 本="語\n"]', [{ id: "日", parameters: [["本", "語\n"]] }]],
  ] as [string, Message["structuredData"]][])("reads the structured data %s", (sd, expected) => {
    expect(read(`${head} h a p m ${sd} msg`)).toMatchObject({
      structuredData: expected,
      message: encode("msg"),
    });
  });

  test.each([
    "a",
    "[a",
    "[a ",
    "[a b",
    "[a b=",
    "[a b=c]",
    '[a b="c',
    '[a b="c\\',
    '[a b="c\\"]',
    '[a b="c"',
    '[a b="c" ]',
    '[a b="c"d="e"]',
    '[a b="c"]x',
  ])("rejects the structured data %s", (sd) => {
    expect(failure(`${head} h a p m ${sd}`).property).toBe("structuredData");
  });

  test.each([
    ["hostname", head.concat(" h")],
    ["appName", head.concat(" h a")],
    ["processId", head.concat(" h a p")],
    ["messageId", head.concat(" h a p m")],
    ["structuredData", head.concat(" h a p m ")],
    ["message", head.concat(" h a p m -msg")],
  ])("reports the property at which truncated input ends: %s", (property, written) => {
    expect(failure(written)).toMatchObject({ name: "UnmarshalError", property });
  });

  test("replaces malformed bytes outside MSG with U+FFFD, and preserves MSG", () => {
    const bad = [0xe2, 0x82, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8, 0x90, 0x80, 0x80, 0xf4, 0x90];
    const good = encode("é日😀\ufeff");
    const parts = [encode(`${head} h`), bad, good, encode(" a p m - "), bad];
    const message = unmarshal(Uint8Array.from(parts.flatMap((part) => [...part])));
    expect(message.hostname).toBe(`h${"\ufffd".repeat(bad.length)}é日😀\ufeff`);
    expect(message.message).toEqual(Uint8Array.from(bad));
  });

  test("copies the bytes, even those of a Node.js Buffer", () => {
    const bytes = Buffer.from(`${head} h a p m - msg`);
    const message = unmarshal(bytes);
    bytes.fill(0);
    expect(message.hostname).toBe("h");
    expect(message.message).toEqual(encode("msg"));
  });

  test("reads from shared memory", () => {
    const text = encode(`${head} h a p m - msg`);
    const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
    bytes.set(text);
    expect(unmarshal(bytes)).toMatchObject({ hostname: "h", message: encode("msg") });
  });

  test("reports the violated rule and the received text, truncated", () => {
    const error = failure(`<14>1 ${"x".repeat(1000)} h a p m -`);
    expect(error.message).toBe(
      "cannot read the message: timestamp must be - or a time such as 2026-01-02T03:04:05.123456Z, " +
        `got "${"x".repeat(40)}"`,
    );
    expect(failure("").message).toContain("got the end of the input");
  });

  test("rejects arguments that are not bytes", () => {
    expect(() => unmarshal("<14>1" as unknown as Uint8Array)).toThrow(TypeError);
  });

  // Quadratic time would take hours.
  test.each([
    ["digits", `<${"0".repeat(4e6)}`],
    ["a word", `${head} ${"x".repeat(4e6)}`],
    ["a fraction", `<14>1 2026-01-02T03:04:05.${"1".repeat(4e6)}`],
    ["spaces", `${head}${" ".repeat(4e6)}`],
    ["elements", `${head} h a p m ${"[]".repeat(1e6)}`],
    ["opened elements", `${head} h a p m ${"[".repeat(4e6)}`],
    ["parameters", `${head} h a p m [a${' b="c"'.repeat(5e5)}]`],
    ["names without an end", `${head} h a p m [a${" b".repeat(2e6)}`],
    ["escapes", `${head} h a p m [a b="${"\\\\".repeat(2e6)}"]`],
    ["a value without an end", `${head} h a p m [a b="${"\\".repeat(4e6)}`],
  ])("is linear in the length of %s", (_, written) => {
    try {
      read(written);
    } catch (error) {
      expect(error).toBeInstanceOf(UnmarshalError);
    }
  });

  test("is linear in malformed bytes", () => {
    const bytes = new Uint8Array(1e6).fill(0xff);
    bytes.set(encode(`${head} `));
    bytes.set(encode(" a p m -"), bytes.length - 8);
    expect(unmarshal(bytes).hostname.length).toBe(1e6 - head.length - 9);
  });
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function read(text: string): Message {
  return unmarshal(encode(text));
}

function failure(text: string): UnmarshalError {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UnmarshalError);
    return error as UnmarshalError;
  }
  throw new Error("the message was accepted");
}
