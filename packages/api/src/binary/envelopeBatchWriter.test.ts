import { anyText, dictionary, double, int64, uint64 } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import {
  counterEnvelope,
  type Envelope,
  EnvelopeBatchWriter,
  eventEnvelope,
  gaugeEnvelope,
  type LogOptions,
  logEnvelope,
  timerEnvelope,
} from "../index.js";
import { decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";

const tags = dictionary(
  anyText.filter((name) => name !== "source_type"),
  anyText,
);
const options = fc.record(
  { sourceId: anyText, instanceId: anyText, tags, timestamp: int64 },
  { requiredKeys: ["timestamp"] },
);

const logOptions = fc.record(
  {
    sourceId: anyText,
    instanceId: anyText,
    tags,
    timestamp: int64,
    stream: fc.constantFrom("stdout", "stderr"),
    sourceType: anyText,
  },
  { requiredKeys: ["timestamp"] },
) as fc.Arbitrary<LogOptions>;

const metrics = dictionary(
  anyText,
  fc.record(
    { value: double.map((value) => value + 0), unit: anyText },
    { requiredKeys: ["value"] },
  ),
);

describe("writes the same bytes as the generated codec for the builder's envelope", () => {
  // One writer for all tests: a call must not affect later ones.
  const writer = new EnvelopeBatchWriter();
  const check = (envelope: Envelope, write: () => void) => {
    write();
    expect(writer.count).toBe(1);
    const bytes = EnvelopeBatch.encode({ batch: [envelope] }).finish();
    expect(writer.byteLength).toBe(bytes.length);
    expect(Buffer.from(writer.take()).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
  };

  test("a log's", () => {
    const message = fc.oneof(anyText, fc.uint8Array());
    fc.assert(
      fc.property(message, logOptions, (m, o) => check(logEnvelope(m, o), () => writer.log(m, o))),
    );
  });

  test("a counter's", () => {
    const counterOptions = fc
      .tuple(options, fc.constantFrom("delta", "total"), uint64)
      .map(([shared, which, value]) => ({ ...shared, [which]: value }));
    fc.assert(
      fc.property(anyText, fc.oneof(options, counterOptions), (n, o) =>
        check(counterEnvelope(n, o), () => writer.counter(n, o)),
      ),
    );
  });

  test("a gauge's", () => {
    fc.assert(
      fc.property(metrics, options, (m, o) => check(gaugeEnvelope(m, o), () => writer.gauge(m, o))),
    );
  });

  test("a timer's", () => {
    fc.assert(
      fc.property(anyText, int64, int64, options, (n, start, stop, o) =>
        check(timerEnvelope(n, start, stop, o), () => writer.timer(n, start, stop, o)),
      ),
    );
  });

  test("an event's", () => {
    fc.assert(
      fc.property(anyText, anyText, options, (title, body, o) =>
        check(eventEnvelope(title, body, o), () => writer.event(title, body, o)),
      ),
    );
  });
});

describe("text and bytes at every length at which a length prefix grows", () => {
  // Payload, entry, message and envelope each have a length before them; each grows at another
  // payload length.
  const around = (length: number) => Array.from({ length: 40 }, (_, i) => length - 30 + i);
  const lengths = [...around(127), ...around(16_383)];
  const longLengths = around(2 ** 21 - 1).slice(18, 34);

  test.each(["a", "é", "語", "😀"])("of %s", (character) => {
    const writer = new EnvelopeBatchWriter();
    for (const bytes of lengths) {
      const text = character.repeat(bytes / Buffer.byteLength(character));
      const name = text.slice(0, 16_400);
      const shared = { timestamp: 1n, tags: { [name]: name } };
      writer.log(text, shared);
      writer.log(Buffer.from(text), { timestamp: 1n });
      writer.counter(name, shared);
      writer.gauge({ [name]: { value: 1, unit: name } }, shared);
      writer.timer(name, 1n, 2n, shared);
      writer.event(name, name, shared);
      const batch = [
        logEnvelope(text, shared),
        logEnvelope(Buffer.from(text), { timestamp: 1n }),
        counterEnvelope(name, shared),
        gaugeEnvelope({ [name]: { value: 1, unit: name } }, shared),
        timerEnvelope(name, 1n, 2n, shared),
        eventEnvelope(name, name, shared),
      ];
      const expected = EnvelopeBatch.encode({ batch }).finish();
      expect(Buffer.compare(writer.take(), expected)).toBe(0);
    }
  });

  test("of 2 MiB", () => {
    const writer = new EnvelopeBatchWriter();
    for (const length of longLengths) {
      const payload = new Uint8Array(length);
      writer.log(payload, { timestamp: 1n });
      const batch = [logEnvelope(payload, { timestamp: 1n })];
      const expected = EnvelopeBatch.encode({ batch }).finish();
      expect(Buffer.compare(writer.take(), expected)).toBe(0);
    }
  });
});

test("a buffer that a large field has filled grows for the next field", () => {
  // Three bytes per character, the maximum that the writer expects; unknown fields; longest
  // varints.
  const large = "語".repeat(30_000);
  const int = -1n;
  const uint = 2n ** 64n - 1n;
  const _unknownFields = { 130: [Uint8Array.of(1, 0x61)] };
  const shared = { timestamp: int, sourceId: "s", instanceId: "i", tags: { a: "b" } };
  const log = logEnvelope(Buffer.from(large), shared);
  log.message.value.type = -1;
  const gauge = gaugeEnvelope({ a: { value: 1, unit: large }, [large]: { value: 2 } }, shared);
  const batch: Envelope[] = [
    log,
    logEnvelope(large, shared),
    counterEnvelope(large, { ...shared, total: uint }),
    gauge,
    timerEnvelope(large, int, int, shared),
    eventEnvelope(large, "b", shared),
    eventEnvelope("t", large, shared),
    eventEnvelope("t", "b", { ...shared, sourceId: large }),
    logEnvelope("t", { ...shared, instanceId: large }),
    counterEnvelope("t", { ...shared, tags: { a: large, b: "" } }),
    timerEnvelope("t", int, int, { ...shared, tags: { [large]: "" } }),
    {
      ...log,
      deprecatedTags: {
        [large]: { data: { $case: "integer", value: int }, _unknownFields },
        b: { data: { $case: "text", value: large }, _unknownFields },
        c: { data: { $case: "decimal", value: 1 }, _unknownFields },
      },
    },
  ];
  for (const envelope of batch) {
    envelope._unknownFields = _unknownFields;
    if (envelope.message !== undefined) {
      envelope.message.value._unknownFields = _unknownFields;
    }
    const writer = new EnvelopeBatchWriter();
    writer.envelope(envelope);
    writer.log("behind", shared);
    const both = [envelope, logEnvelope("behind", shared)];
    const expected = EnvelopeBatch.encode({ batch: both }).finish();
    expect(Buffer.compare(writer.take(), expected)).toBe(0);
  }
  for (const message of [large, Buffer.from(large)]) {
    for (const stream of ["stdout", "stderr"] as const) {
      const writer = new EnvelopeBatchWriter();
      writer.log(message, { ...shared, stream });
      const made = [logEnvelope(message, { ...shared, stream })];
      const expected = EnvelopeBatch.encode({ batch: made }).finish();
      expect(Buffer.compare(writer.take(), expected)).toBe(0);
    }
  }
});

describe("a call that throws", () => {
  const bad = 5 as never;
  const throwing: [string, (writer: EnvelopeBatchWriter) => void, string][] = [
    ["log, message", (w) => w.log(bad), "message must be a string or a Uint8Array, got 5"],
    ["log, options", (w) => w.log("", bad), "options must be an object, got 5"],
    ["log, stream", (w) => w.log("", { stream: bad }), "stream must be "],
    ["log, sourceType", (w) => w.log("", { sourceType: bad }), "sourceType must be a string"],
    ["log, sourceId", (w) => w.log("", { sourceId: bad }), "sourceId must be a string"],
    ["log, instanceId", (w) => w.log("", { instanceId: bad }), "instanceId must be a string"],
    ["log, timestamp", (w) => w.log("", { timestamp: bad }), "timestamp must be a bigint"],
    ["log, tags", (w) => w.log("", { tags: bad }), "tags must be an object of strings, got 5"],
    ["log, tags", (w) => w.log("", { tags: ["a"] as never }), "got an array"],
    ["log, last tag", (w) => w.log("", { tags: { a: "a", b: bad } }), 'tags["b"] must be a str'],
    ["counter, name", (w) => w.counter(bad), "name must be a string, got 5"],
    ["counter, options", (w) => w.counter("", null as never), "options must be an object"],
    ["counter, delta", (w) => w.counter("", { delta: -1 }), "delta must be an integer"],
    ["gauge, metrics", (w) => w.gauge(bad), "metrics must be an object"],
    ["gauge, options", (w) => w.gauge({}, bad), "options must be an object, got 5"],
    [
      "gauge, last unit",
      (w) => w.gauge({ a: { value: 1 }, b: { value: 1, unit: bad } }),
      'metrics["b"].unit must be a string, got 5',
    ],
    ["timer, name", (w) => w.timer(bad, 1n, 1n), "name must be a string, got 5"],
    ["timer, start", (w) => w.timer("", bad, 1n), "start must be a bigint"],
    ["timer, stop", (w) => w.timer("", 1n, bad), "stop must be a bigint"],
    ["event, title", (w) => w.event(bad, ""), "title must be a string, got 5"],
    ["event, body", (w) => w.event("", bad), "body must be a string, got 5"],
    ["envelope", (w) => w.envelope(bad), "envelope must be an object, got 5"],
  ];

  test.each(throwing)("for its %s is specific and writes nothing", (_, call, message) => {
    const writer = new EnvelopeBatchWriter({ origin: "me" });
    const good = { timestamp: 1n };
    writer.log("before", good);
    const { byteLength } = writer;
    expect(() => call(writer)).toThrow(message);
    expect([writer.count, writer.byteLength]).toEqual([1, byteLength]);
    writer.log("after", good);
    const expected = new EnvelopeBatchWriter({ origin: "me" });
    expected.log("before", good);
    expected.log("after", good);
    expect(writer.take()).toEqual(expected.take());
  });
});

describe("a batch", () => {
  test("starts the next batch after take(), and the taken bytes do not change", () => {
    const writer = new EnvelopeBatchWriter();
    writer.log("one", { timestamp: 1n });
    const first = writer.take();
    const copy = first.slice();
    expect([writer.count, writer.byteLength]).toEqual([0, 0]);
    writer.log("another", { timestamp: 2n });
    expect(first).toEqual(copy);
    expect(decodeEnvelopeBatch(writer.take()).batch).toEqual([
      logEnvelope("another", { timestamp: 2n }),
    ]);
    expect(writer.take()).toHaveLength(0);
  });

  test("is discarded by clear()", () => {
    const writer = new EnvelopeBatchWriter();
    writer.log("one");
    writer.clear();
    expect([writer.count, writer.byteLength, writer.take().length]).toEqual([0, 0, 0]);
  });

  test("can contain many envelopes and a payload of 5 MiB", () => {
    const writer = new EnvelopeBatchWriter();
    const big = "x".repeat(5 * 1024 * 1024);
    const batch: Envelope[] = [];
    for (let i = 0; i < 1000; i++) {
      const message = i === 500 ? big : `line ${i}`;
      writer.log(message, { timestamp: BigInt(i) });
      batch.push(logEnvelope(message, { timestamp: BigInt(i) }));
    }
    expect(writer.count).toBe(1000);
    const expected = EnvelopeBatch.encode({ batch }).finish();
    expect(Buffer.compare(writer.take(), expected)).toBe(0);
  });
});

describe("an envelope without a timestamp", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  test.each([1, 4_294_967_295, 4_294_967_296, 1_795_363_066_942, 9_223_372_036_853])(
    "has the current time, %d ms",
    (milliseconds) => {
      vi.setSystemTime(milliseconds);
      const writer = new EnvelopeBatchWriter();
      writer.log("a");
      writer.counter("b");
      writer.envelope(eventEnvelope("c", ""));
      const times = decodeEnvelopeBatch(writer.take()).batch.map(({ timestamp }) => timestamp);
      const now = BigInt(milliseconds) * 1_000_000n;
      // The timestamps are in the order of the calls, within that millisecond.
      expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(times).size).toBe(3);
      for (const time of times) {
        expect(time / 1_000_000n).toBe(now / 1_000_000n);
      }
    },
  );
});
