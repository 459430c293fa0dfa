import { describe, expect, test } from "vitest";
import { MarshalError, type MessageInit, marshal } from "../index.js";

// 2025-11-30T04:17:23.123456789Z
const november = 1_764_476_243_123_456_789n;

describe("marshal", () => {
  test("writes an example of the RFC", () => {
    const message: MessageInit = {
      priority: 165,
      timestamp: new Date("2003-10-11T22:14:15.003Z"),
      useUtc: true,
      hostname: "mymachine.example.com",
      appName: "evntslog",
      messageId: "ID47",
      structuredData: [
        {
          id: "exampleSDID@32473",
          parameters: [
            ["iut", "3"],
            ["eventSource", "Application"],
            ["eventID", "1011"],
          ],
        },
        { id: "examplePriority@32473", parameters: [["class", "high"]] },
      ],
      message: "An application event log entry...",
    };
    expect(text(message)).toBe(
      "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 " +
        '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]' +
        '[examplePriority@32473 class="high"] An application event log entry...',
    );
  });

  test("writes a message without a timestamp with the nil timestamp", () => {
    expect(text({ priority: 7, hostname: "foo" })).toBe("<7>1 - foo - - - -");
    expect(text({ priority: 7, timestamp: undefined, offsetMinutes: 60, useUtc: true })).toBe(
      "<7>1 - - - - - -",
    );
  });

  test("only needs a priority", () => {
    expect(text({ priority: 0 })).toBe("<0>1 - - - - - -");
    expect(text({ priority: 0, timestamp: 0n })).toBe("<0>1 1970-01-01T00:00:00+00:00 - - - - -");
  });

  test.each([
    [november, 0, "2025-11-30T04:17:23.123456+00:00"],
    [november, 330, "2025-11-30T09:47:23.123456+05:30"],
    [november, -420, "2025-11-29T21:17:23.123456-07:00"],
    [november, -1, "2025-11-30T04:16:23.123456-00:01"],
    [november, 1499, "2025-12-01T05:16:23.123456+24:59"],
    [1_764_476_243_100_000_000n, 0, "2025-11-30T04:17:23.1+00:00"],
    [1_764_476_243_000_001_999n, 0, "2025-11-30T04:17:23.000001+00:00"],
    [1_764_476_243_000_000_999n, 0, "2025-11-30T04:17:23+00:00"],
    [-1n, 0, "1969-12-31T23:59:59.999999+00:00"],
    [951_782_400_000_000_000n, 0, "2000-02-29T00:00:00+00:00"],
    [-2_203_891_200_000_000_000n, 0, "1900-03-01T00:00:00+00:00"],
    [-62_135_596_800_000_000_000n, 0, "0001-01-01T00:00:00+00:00"],
    [253_402_300_799_999_999_999n, 0, "9999-12-31T23:59:59.999999+00:00"],
    [253_402_300_800_000_000_000n, -60, "9999-12-31T23:00:00-01:00"],
  ])("writes the instant %s at offset %i as %s", (timestamp, offsetMinutes, expected) => {
    expect(text({ priority: 1, timestamp, offsetMinutes })).toBe(`<1>1 ${expected} - - - - -`);
  });

  test("writes the local time at the offset before a Z, as go-loggregator does", () => {
    const message = { priority: 1, timestamp: 0n, offsetMinutes: 330, useUtc: true };
    expect(text(message)).toBe("<1>1 1970-01-01T05:30:00Z - - - - -");
  });

  test("writes timestamps of alternating days", () => {
    const day = 86_400_000_000_000n;
    for (const [days, date] of [
      [0n, "1970-01-01"],
      [59n, "1970-03-01"],
      [0n, "1970-01-01"],
    ] as const) {
      expect(text({ priority: 1, timestamp: days * day })).toContain(`1 ${date}T00:00:00`);
    }
  });

  test("truncates words, and checks only the written part", () => {
    const long = `${"x".repeat(255)} ä`;
    const words = { hostname: long, appName: long, processId: long, messageId: long };
    const [, , hostname, appName, processId, messageId] = text({
      priority: 1,
      timestamp: 0n,
      ...words,
    }).split(" ");
    expect([hostname, appName, processId, messageId].map((word) => word?.length)).toEqual([
      255, 48, 128, 32,
    ]);
  });

  test("escapes quotes, backslashes and brackets in values, and writes UTF-8", () => {
    const parameters: [string, string][] = [["a", 'say "]\\" 日本 é 😀 \n']];
    const structuredData = [{ id: "x", parameters }];
    expect(text({ priority: 1, timestamp: 0n, structuredData })).toBe(
      '<1>1 1970-01-01T00:00:00+00:00 - - - - [x a="say \\"\\]\\\\\\" 日本 é 😀 \n"]',
    );
  });

  test("writes structured data of any size", () => {
    const value = '"'.repeat(100_000);
    const parameters = Array.from({ length: 20 }, (): [string, string] => ["n".repeat(999), value]);
    const message = { priority: 1, timestamp: 0n, structuredData: [{ id: "x", parameters }] };
    expect(marshal(message).length).toBe(42 + 20 * (1 + 999 + 3 + 200_000));
    expect(text({ priority: 1, timestamp: 0n })).toBe("<1>1 1970-01-01T00:00:00+00:00 - - - - -");
  });

  test("copies MSG byte for byte, and omits an empty one together with its space", () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0, 0xff, 0x20);
    const written = marshal({ priority: 1, timestamp: 0n, message: bytes });
    expect(written.slice(-7)).toEqual(Uint8Array.of(0x20, ...bytes));
    expect(text({ priority: 1, timestamp: 0n, message: "" })).toMatch(/ -$/);
  });

  test("writes words that change between messages, also after an invalid message", () => {
    const start = { priority: 1, timestamp: 0n };
    const words = (rest: Partial<MessageInit>) => text({ ...start, ...rest }).slice(31);
    expect(words({ hostname: "a", appName: "b" })).toBe("a b - - -");
    expect(words({ hostname: "a", appName: "b" })).toBe("a b - - -");
    expect(words({ hostname: "a", appName: "c" })).toBe("a c - - -");
    expect(caught({ ...start, hostname: "d", appName: "e f" })).toBeInstanceOf(MarshalError);
    expect(caught({ ...start, hostname: "d", appName: "e f" })).toBeInstanceOf(MarshalError);
    expect(words({ hostname: "a", appName: "c" })).toBe("a c - - -");
    expect(words({})).toBe("- - - - -");
  });

  test("does not overwrite the bytes of earlier messages", () => {
    const first = marshal({ priority: 1, timestamp: 0n });
    const copy = first.slice();
    marshal({ priority: 2, timestamp: november });
    expect(first).toEqual(copy);
  });

  test.each<[string, Partial<MessageInit>]>([
    ["priority", { priority: 1.5 }],
    ["priority", { priority: Number.NaN }],
    ["timestamp", { timestamp: new Date(Number.NaN) }],
    ["timestamp", { timestamp: 5 as unknown as bigint }],
    ["timestamp", { timestamp: 253_402_300_800_000_000_000n }],
    ["timestamp", { timestamp: -62_167_219_200_000_000_001n }],
    ["timestamp", { timestamp: 10n ** 400n }],
    ["timestamp", { timestamp: 253_402_300_799_000_000_000n, offsetMinutes: 1 }],
    ["offsetMinutes", { offsetMinutes: 0.5 }],
    ["offsetMinutes", { offsetMinutes: 1500 }],
    ["hostname", { hostname: "bad host" }],
    ["hostname", { hostname: 5 as unknown as string }],
    ["appName", { appName: "äpp" }],
    ["processId", { processId: "a\nb" }],
    ["messageId", { messageId: "\x7f" }],
    ["structuredData[0].id", { structuredData: [{ id: "x=y", parameters: [] }] }],
    ["structuredData[0].id", { structuredData: [{ id: "日", parameters: [] }] }],
    ["structuredData[0].parameters[0][0]", withParameter("na me", "")],
    ["structuredData[0].parameters[0][0]", withParameter('"', "")],
    ["structuredData[0].parameters[0][0]", withParameter("]", "")],
    ["structuredData[0].parameters[0][1]", withParameter("a", "\ud83d")],
    ["structuredData[0].parameters[0][1]", withParameter("a", "\ude00\ud83d")],
    ["structuredData[0].parameters[0][1]", withParameter("a", undefined as unknown as string)],
    ["message", { message: [1] as unknown as Uint8Array }],
  ])("rejects an invalid %s by name: %o", (property, bad) => {
    const error = caught({ priority: 1, timestamp: 0n, ...bad });
    expect(error).toBeInstanceOf(MarshalError);
    expect(error).toMatchObject({ name: "MarshalError", property });
    expect((error as MarshalError).message).toContain(`${property} must `);
  });

  test("reports the received value and the violated rule", () => {
    const error = caught({ priority: 1, timestamp: 0n, hostname: "bad host" });
    expect(error).toMatchObject({
      value: "bad host",
      reason: "must be printable US-ASCII without spaces",
      message:
        'cannot write the message: hostname must be printable US-ASCII without spaces, got "bad host"',
    });
  });
});

function withParameter(name: string, value: string): Partial<MessageInit> {
  return { structuredData: [{ id: "x", parameters: [[name, value]] }] };
}

function text(message: MessageInit): string {
  return new TextDecoder().decode(marshal(message));
}

function caught(message: MessageInit): unknown {
  try {
    return marshal(message);
  } catch (error) {
    return error;
  }
}
