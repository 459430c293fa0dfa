import type { EnvelopeHeader } from "@loggregator/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEvent, Envelope_EventType, EventWriter } from "../v1.js";

const timestamp = 1_795_363_066_942_000_001n;
const writer = new EventWriter("some-origin", { "client-tag": "from-client" });

describe("EventWriter", () => {
  test("writes a log line as a log message", () => {
    const bytes = writer.log("hello", {
      sourceId: "app",
      instanceId: "3",
      sourceType: "APP/PROC/WEB",
      stream: "stdout",
      tags: { a: "b" },
      timestamp,
    });
    expect(decodeEvent(bytes)).toEqual({
      origin: "some-origin",
      eventType: Envelope_EventType.LogMessage,
      timestamp,
      logMessage: {
        message: new TextEncoder().encode("hello"),
        messageType: 1,
        timestamp,
        appId: "app",
        sourceType: "APP/PROC/WEB",
        sourceInstance: "3",
      },
      tags: { a: "b", "client-tag": "from-client" },
    });
  });

  test("omits options that are not given", () => {
    expect(decodeEvent(writer.log(Uint8Array.of(0xff), { timestamp })).logMessage).toEqual({
      message: Uint8Array.of(0xff),
      messageType: 2,
      timestamp,
    });
  });

  test("writes a counter's total only if it has one", () => {
    expect(decodeEvent(writer.counter("c")).counterEvent).toEqual({ name: "c", delta: 1n });
    const total = { total: 2n ** 64n - 1n };
    expect(decodeEvent(writer.counter("c", total)).counterEvent).toEqual({
      name: "c",
      delta: 0n,
      total: 2n ** 64n - 1n,
    });
  });

  test("writes source id and instance id of metrics as tags", () => {
    const source = { sourceId: "app", instanceId: "3", tags: { source_id: "other" } };
    const tags = { source_id: "app", instance_id: "3", "client-tag": "from-client" };
    expect(decodeEvent(writer.counter("c", source)).tags).toEqual(tags);
    const [value] = writer.gauge({ cpu: { value: 1.5, unit: "u" } }, source);
    expect(decodeEvent(value as Uint8Array)).toMatchObject({
      tags,
      valueMetric: { name: "cpu", value: 1.5, unit: "u" },
    });
  });

  test("writes an envelope for each metric, with the same time", () => {
    const events = writer.gauge({ a: { value: 1 }, b: { value: -0, unit: "u" } }).map(decodeEvent);
    expect(events.map(({ valueMetric }) => valueMetric)).toEqual([
      { name: "a", value: 1, unit: "" },
      { name: "b", value: -0, unit: "u" },
    ]);
    expect(events[0]?.timestamp).toBe(events[1]?.timestamp);
    expect(writer.gauge({})).toEqual([]);
  });

  test("checks the header that the agent creates, unless it is the same as for the previous envelope", () => {
    const headers: EnvelopeHeader[] = [];
    const checked = new EventWriter("o", { zone: "z" }, (header) => headers.push(header));
    const options = { sourceId: "app", instanceId: "3", tags: { a: "b" } };
    for (let i = 0; i < 3; i++) {
      checked.log("x", options);
      checked.counter("c", options);
      checked.gauge({ g: { value: i } }, { tags: { source_id: "tag" } });
    }
    const app = { sourceId: "app", origin: "o", instanceId: "3" };
    expect(headers).toEqual([
      { ...app, tagNames: ["a", "zone"] },
      { ...app, tagNames: ["a", "source_id", "instance_id", "zone"] },
      { sourceId: "tag", origin: "o", instanceId: "", tagNames: ["source_id", "zone"] },
    ]);
    checked.log("x", { ...options, tags: { b: "b" } });
    checked.log("x", { ...options, sourceId: "other" });
    checked.log("x");
    expect(headers.slice(3)).toEqual([
      { ...app, tagNames: ["b", "zone"] },
      { ...app, sourceId: "other", tagNames: ["a", "zone"] },
      { sourceId: "", origin: "o", instanceId: "", tagNames: ["zone"] },
    ]);
  });

  test("writes the tags of each envelope, whether they are new or repeated", () => {
    const write = (w: EventWriter, tags: Record<string, string>) =>
      [w.log("x", { tags, timestamp }), w.counter("c", { tags, timestamp })]
        .concat(w.gauge({ a: { value: 1 }, b: { value: 2 } }, { tags, timestamp }))
        .map((bytes) => decodeEvent(bytes));
    const sets = [
      ...[{ a: "1" }, { a: "1" }, { a: "2" }, { b: "2" }, {}, { a: "1", b: "2" }, { a: "1" }],
      ...Array.from({ length: 100 }, (_, i) => ({ a: `${i}` })),
      ...[{ a: "99" }, { a: "x".repeat(20_000) }, { a: "x".repeat(20_000) }, { "client-tag": "y" }],
    ];
    for (const tags of sets) {
      const fresh = new EventWriter("some-origin", { "client-tag": "from-client" });
      expect(write(writer, tags)).toEqual(write(fresh, tags));
    }
  });

  test("client tags override those of an envelope", () => {
    const options = { tags: { "client-tag": "own", a: "b" } };
    expect(decodeEvent(writer.log("x", options)).tags).toEqual({
      "client-tag": "from-client",
      a: "b",
    });
  });

  test("keeps tags such as __proto__, of the client and of the envelope", () => {
    const odd = Object.fromEntries([["__proto__", "client"]]);
    const { tags } = decodeEvent(
      new EventWriter("o", odd).log("x", { tags: { constructor: "c" } }),
    );
    expect(Object.entries(tags)).toEqual([
      ["constructor", "c"],
      ["__proto__", "client"],
    ]);
  });

  test("uses the current time for envelopes without a timestamp", () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const event = decodeEvent(writer.log("x"));
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    expect(event.timestamp).toBeGreaterThanOrEqual(before);
    expect(event.timestamp).toBeLessThan(after);
    expect(event.logMessage?.timestamp).toBe(event.timestamp);
  });

  test("writes every timestamp exactly", () => {
    const times = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(times, (time) => {
        expect(decodeEvent(writer.counter("c", { timestamp: time })).timestamp).toBe(time);
      }),
    );
  });

  test("returns envelopes that later ones do not overwrite", () => {
    const sizes = fc.array(fc.nat(9000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const lines = lengths.map((length, i) => `${i} ${"é".repeat(length)}`);
        const events = lines.map((line) => writer.log(line, { tags: { line } }));
        expect(events.map((event) => decodeEvent(event).tags["line"])).toEqual(lines);
      }),
      { numRuns: 20 },
    );
  });

  test("is not affected by a call that threw", () => {
    const [first, second] = [writer.log("a", { timestamp }), writer.log("b", { timestamp })];
    const writerOfBoth = new EventWriter("some-origin", { "client-tag": "from-client" });
    expect(writerOfBoth.log("a", { timestamp })).toEqual(first);
    expect(() => writerOfBoth.log("x", { tags: { a: 1 as never } })).toThrow(TypeError);
    expect(writerOfBoth.log("b", { timestamp })).toEqual(second);
  });

  test.each<[string, () => unknown, ErrorConstructor, string]>([
    ["an empty origin", () => new EventWriter(""), RangeError, "origin"],
    ["an origin that is not text", () => new EventWriter(5 as never), TypeError, "origin"],
    ["client tags of numbers", () => new EventWriter("o", { a: 1 as never }), TypeError, '["a"]'],
    ["a message of a number", () => writer.log(5 as never), TypeError, "message"],
    ["options of null", () => writer.log("", null as never), TypeError, "options"],
    [
      "a unit of a number",
      () => writer.gauge({ a: { value: 1, unit: 5 as never } }),
      TypeError,
      '["a"].unit',
    ],
    ["an unknown stream", () => writer.log("", { stream: "x" as never }), TypeError, "stream"],
    ["tags of numbers", () => writer.log("", { tags: { a: 1 as never } }), TypeError, '["a"]'],
    ["a negative delta", () => writer.counter("c", { delta: -1 }), RangeError, "delta"],
    ["delta and total", () => writer.counter("c", { delta: 1, total: 1 }), TypeError, "delta"],
    ["no metric", () => writer.gauge({ a: 5 as never }), TypeError, '["a"]'],
    [
      "a bad source id",
      () => writer.gauge(five, { ...app, sourceId: 5 as never }),
      TypeError,
      "sourceId",
    ],
    ["a bad time", () => writer.log("", { timestamp: 2n ** 63n }), RangeError, "timestamp"],
  ])("rejects %s", (_, call, type, name) => {
    expect(call).toThrow(type);
    expect(call).toThrow(name);
  });
});

const value = { value: 5.9, unit: "u" };
const five = { cpu: value, memory: value, disk: value, memory_quota: value, disk_quota: value };
const app = { sourceId: "app", instanceId: "7" };

describe("EventWriter, with a container's metrics", () => {
  test("writes one container metric", () => {
    const events = writer.gauge(five, app);
    expect(events.map(decodeEvent)).toMatchObject([
      {
        eventType: Envelope_EventType.ContainerMetric,
        containerMetric: {
          applicationId: "app",
          instanceIndex: 7,
          cpuPercentage: 5.9,
          memoryBytes: 5n,
          diskBytes: 5n,
          memoryBytesQuota: 5n,
          diskBytesQuota: 5n,
        },
        tags: { source_id: "app", instance_id: "7", "client-tag": "from-client" },
      },
    ]);
  });

  test("also reads source id and instance id from tags", () => {
    expect(writer.gauge(five, { tags: { source_id: "app", instance_id: "-1" } })).toHaveLength(1);
  });

  test.each([
    ["no source id", { instanceId: "7" }, five],
    ["no instance id", { sourceId: "app" }, five],
    ["an instance id that is not a number", { ...app, instanceId: "x" }, five],
    ["an instance id beyond an int32", { ...app, instanceId: "2147483648" }, five],
    ["a sixth metric", app, { ...five, sixth: value }],
    ["another metric in place of one", app, { cpu: value, a: value, b: value, c: value, d: value }],
  ])("writes value metrics if there is %s", (_, options, metrics) => {
    const events = writer.gauge(metrics, options).map(decodeEvent);
    expect(events.map(({ valueMetric }) => valueMetric?.name)).toEqual(Object.keys(metrics));
  });
});
