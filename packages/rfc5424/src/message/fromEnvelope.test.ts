import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type DrainEnvelope,
  type FromEnvelopeOptions,
  fromEnvelope,
  MarshalError,
  marshal,
} from "../index.js";

// The same values as in the tests of the syslog agent.
const common = { timestamp: 12_345_000n, sourceId: "test-app-id", instanceId: "1" };
const start = "1970-01-01T00:00:00.012345+00:00 test-hostname test-app-id";

describe("fromEnvelope", () => {
  test("accepts the envelopes of @loggregator/api without depending on it", () => {
    expectTypeOf<Envelope>().toExtend<DrainEnvelope>();
  });

  test("sets the priority of a log by its stream", () => {
    const options = { ...common, sourceType: "MY TASK" };
    expect(lines(logEnvelope("just a test", { ...options, stream: "stdout" }))).toEqual([
      `<14>1 ${start} [MY-TASK/1] - [tags@47450 source_type="MY TASK"] just a test\n`,
    ]);
    expect(lines(logEnvelope("just a test", { ...options, stream: "stderr" }))).toEqual([
      `<11>1 ${start} [MY-TASK/1] - [tags@47450 source_type="MY TASK"] just a test\n`,
    ]);
  });

  test("removes NUL bytes from a log, and ends it with one newline", () => {
    const line = (payload: string) =>
      Buffer.from(fromEnvelope(logEnvelope(payload, common))[0]?.message ?? []).toString();
    expect(line("a\0b\0")).toBe("ab\n");
    expect(line("a\n")).toBe("a\n");
    expect(line("a\n\0")).toBe("a\n");
    expect(line("")).toBe("\n");
  });

  test("rejects unknown options", () => {
    expect(() => fromEnvelope(logEnvelope("x"), { omitTag: true } as never)).toThrow(
      'unknown option "omitTag"; known options: hostname, omitTags',
    );
  });

  test("does not change the envelope", () => {
    const envelope = logEnvelope("a\0", { ...common, tags: { b: "1", a: "2" } });
    const copy = structuredClone(envelope);
    for (const message of fromEnvelope(envelope)) {
      message.message.fill(0);
      message.structuredData[0]?.parameters.pop();
    }
    expect(envelope).toEqual(copy);
  });

  test("writes a counter, a timer and an event as structured data", () => {
    const counter = counterEnvelope("some-counter", { ...common, delta: 1 });
    counter.message.value.total = 18_446_744_073_709_551_615n;
    expect(lines(counter)).toEqual([
      `<14>1 ${start} [1] - [counter@47450 name="some-counter" total="18446744073709551615" delta="1"] \n`,
    ]);
    expect(lines(timerEnvelope("http", 10n, 20n, common))).toEqual([
      `<14>1 ${start} [1] - [timer@47450 name="http" start="10" stop="20"] \n`,
    ]);
    expect(lines(eventEnvelope("event-title", "event-body", common))).toEqual([
      `<14>1 ${start} [1] - [event@47450 title="event-title" body="event-body"] \n`,
    ]);
  });

  test("writes a gauge as a message for each metric, in the order of their names", () => {
    const metrics = {
      disk: { value: 1234, unit: "bytes" },
      cpu: { value: 0.23, unit: "percentage" },
    };
    expect(lines(gaugeEnvelope(metrics, common))).toEqual([
      `<14>1 ${start} [1] - [gauge@47450 name="cpu" value="0.23" unit="percentage"] \n`,
      `<14>1 ${start} [1] - [gauge@47450 name="disk" value="1234" unit="bytes"] \n`,
    ]);
  });

  test.each([
    [0, "0"],
    [-0, "-0"],
    [999_999, "999999"],
    [999_999.5, "999999.5"],
    [1_000_000, "1e+06"],
    [1_234_567, "1.234567e+06"],
    [-8_589_934_592, "-8.589934592e+09"],
    [1e21, "1e+21"],
    [0.0001, "0.0001"],
    [0.000_099_9, "9.99e-05"],
    [5e-324, "5e-324"],
    [Number.MAX_VALUE, "1.7976931348623157e+308"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("writes the value %d as %s", (value, written) => {
    const [message] = fromEnvelope(gaugeEnvelope({ cpu: { value, unit: "" } }, common));
    expect(message?.structuredData[0]?.parameters[1]).toEqual(["value", written]);
  });

  test("adds the tags, sorted and escaped, unless omitTags is set", () => {
    const counter = counterEnvelope("some-counter", { ...common, tags: { b: '"]\\', a: "x" } });
    const metric = `<14>1 ${start} [1] - [counter@47450 name="some-counter" total="0" delta="1"]`;
    expect(lines(counter)).toEqual([`${metric}[tags@47450 a="x" b="\\"\\]\\\\"] \n`]);
    expect(lines(counter, { omitTags: true })).toEqual([`${metric} \n`]);
    const log = logEnvelope("x", { ...common, sourceType: "APP", stream: "stdout" });
    expect(lines(log, { omitTags: true })).toEqual([`<14>1 ${start} [APP/1] - - x\n`]);
  });

  test.each([
    [{ organization_name: "some-org", space_name: "s", app_name: "a" }, "some-org.s.a"],
    [{ organization_name: "some_org", space_name: "a \t b", app_name: "c--" }, "someorg.a-b.c"],
    [{ app_name: "日本-x" }, "..-x"],
    [{ organization_name: "" }, ".."],
    [{ app_name: "x".repeat(100) }, `..${"x".repeat(63)}`],
    [{ space: "x" }, "test-hostname"],
  ])("derives the hostname from the tags %o", (tags, hostname) => {
    const [message] = fromEnvelope(logEnvelope("x", { ...common, tags }), {
      hostname: "test-hostname",
    });
    expect(message?.hostname).toBe(hostname);
  });

  test.each([
    ["APP/PROC/WEB", "0", "[APP/PROC/WEB/0]"],
    ["app", "", "[APP]"],
    ["", "", "[]"],
    ["", "0", "[/0]"],
    ["TASK/こんにちは", "2", "[TASK//2]"],
    ["A".repeat(127), "", `[${"A".repeat(126)}]`],
    ["A".repeat(124), "B", `[${"A".repeat(124)}/B]`],
    ["A".repeat(180), "12", `[${"A".repeat(123)}/12]`],
    ["A", "B".repeat(124), `[A/${"B".repeat(124)}]`],
    ["A", "B".repeat(125), `[A/${"B".repeat(36)}]`],
    ["A".repeat(100), "B".repeat(73), `[${"A".repeat(89)}/${"B".repeat(36)}]`],
  ])("derives a log's process id from the type %s and the instance %s", (type, id, processId) => {
    const envelope = logEnvelope("x", { ...common, instanceId: id, sourceType: type });
    expect(fromEnvelope(envelope)[0]?.processId).toBe(processId);
  });

  test("returns nothing for an envelope without a message", () => {
    const { message: _, ...rest } = logEnvelope("x", common);
    expect(fromEnvelope({ ...rest, message: undefined })).toEqual([]);
  });

  test("sets priority -1 for a log of an unknown type, as the agent does", () => {
    const message = { $case: "log", value: { payload: new Uint8Array(0), type: -1 } } as const;
    expect(fromEnvelope({ ...common, tags: {}, message })[0]?.priority).toBe(-1);
  });

  test("does not check values: marshal rejects invalid ones", () => {
    const envelope = logEnvelope("x", { ...common, tags: { "bad name": "x" } });
    const [message] = fromEnvelope(envelope);
    expect(() => message && marshal(message)).toThrow(MarshalError);
  });
});

function lines(envelope: DrainEnvelope, options?: FromEnvelopeOptions): string[] {
  const messages = fromEnvelope(envelope, { hostname: "test-hostname", ...options });
  return messages.map((message) => new TextDecoder().decode(marshal(message)));
}
