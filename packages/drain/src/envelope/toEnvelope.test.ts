import { gaugeEnvelope, isLog, logEnvelope, logText } from "@loggregator/api";
import { fromEnvelope, type Message, unmarshal } from "@loggregator/rfc5424";
import { describe, expect, test } from "vitest";
import { carried, envelopes, httpsBodies, sorted } from "../../testing/vectors.js";
import { toEnvelope } from "./toEnvelope.js";

const parse = (text: string) => toEnvelope(unmarshal(Buffer.from(text)));

test("returns the envelopes that were sent to the syslog agent", () => {
  expect(sorted(httpsBodies.map((body) => toEnvelope(unmarshal(body))))).toEqual(sorted(carried));
});

test("is the inverse of fromEnvelope", () => {
  const written = envelopes.flatMap((envelope) => fromEnvelope(envelope));
  const read = written.map((message) =>
    toEnvelope({
      ...message,
      timestamp: ((message.timestamp ?? 0n) / 1000n) * 1000n,
      appName: message.appName.slice(0, 48),
    }),
  );
  expect(sorted(read)).toEqual(sorted(carried));
});

describe("the examples of RFC 5424, section 6.5", () => {
  test("1: no structured data, with a byte order mark", () => {
    const envelope = parse(
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    );
    expect(envelope).toMatchObject({
      sourceId: "su",
      instanceId: "",
      tags: {},
      timestamp: 1065910455003000000n,
      message: { $case: "log", value: { type: 1 } },
    });
    expect(isLog(envelope) && logText(envelope)).toContain("'su root' failed");
  });

  test("2: a time with an offset, and a process id", () => {
    expect(
      parse(
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
      ),
    ).toMatchObject({
      sourceId: "myproc",
      instanceId: "8710",
      timestamp: 1061727255000003000n,
      message: { $case: "log", value: { type: 0 } },
    });
  });

  test("3: structured data of other ids is not converted to tags", () => {
    expect(
      parse(
        '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \ufeffAn application event log entry...',
      ),
    ).toMatchObject({ sourceId: "evntslog", tags: {}, message: { $case: "log" } });
  });

  test("4: structured data only", () => {
    const envelope = parse(
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
    );
    expect(isLog(envelope) && logText(envelope)).toBe("");
  });
});

describe("instance ids", () => {
  const log = (sourceType: string | undefined, instanceId: string): Message => {
    const [message] = fromEnvelope(
      logEnvelope("x", {
        sourceId: "app",
        instanceId,
        ...(sourceType !== undefined && { sourceType }),
      }),
    );
    return message as Message;
  };

  test.each([
    ["APP/PROC/WEB", "0"],
    ["APP/PROC/WEB", ""],
    ["APP/PROC/WEB", "abc/def"],
    ["app proc ", "7"],
    [undefined, "a/b"],
    [undefined, ""],
    ["", "1"],
  ])("are kept with the source type %j: %j", (sourceType, instanceId) => {
    expect(toEnvelope(log(sourceType, instanceId)).instanceId).toBe(instanceId);
  });

  test("without tags, the source type comes from PROCID", () => {
    const envelope = toEnvelope({ ...log("APP/PROC/WEB", "2"), structuredData: [] });
    expect(envelope.instanceId).toBe("2");
    expect(envelope.tags).toEqual({ source_type: "APP/PROC/WEB" });
  });
});

test("a tag may have any name", () => {
  const { tags } = parse('<14>1 - - app - - [tags@47450 __proto__="x" a="\\"b\\]"] m');
  expect(Object.entries(tags)).toEqual([
    ["__proto__", "x"],
    ["a", '"b]'],
  ]);
  const gauge = parse('<14>1 - - app [0] - [gauge@47450 name="__proto__" value="1e+06" unit=""]');
  expect(gauge.message?.$case === "gauge" && Object.entries(gauge.message.value.metrics)).toEqual([
    ["__proto__", { unit: "", value: 1e6 }],
  ]);
});

test.each([
  ['counter@47450 name="c" total="1"', "delta"],
  ['counter@47450 name="c" total="-1" delta="0"', "total"],
  ['counter@47450 name="c" total="18446744073709551616" delta="0"', "total"],
  ['gauge@47450 name="g" value="" unit="x"', "value"],
  ['gauge@47450 name="g" value="0x10" unit="x"', "value"],
  ['timer@47450 name="t" start="1" stop="9223372036854775808"', "stop"],
  ['event@47450 title="t"', "body"],
])("rejects an invalid value: [%s]", (element, name) => {
  expect(() => parse(`<14>1 - - app [0] - [${element}] \n`)).toThrow(
    expect.objectContaining({ name: "UnmarshalError", reason: expect.stringContaining(name) }),
  );
});

test("a message without a timestamp gets the current time", () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  expect(parse("<14>1 - - app - - - x").timestamp).toBeGreaterThanOrEqual(before);
});

test("gauges keep every double", () => {
  for (const value of [0.1, -0, 5e-324, 1e21, Number.NaN, Number.POSITIVE_INFINITY, -Infinity]) {
    const [message] = fromEnvelope(gaugeEnvelope({ g: { value, unit: "u" } }));
    const { message: read } = toEnvelope(message as Message);
    expect(read?.$case === "gauge" && read.value.metrics["g"]?.value).toBe(value);
  }
});
