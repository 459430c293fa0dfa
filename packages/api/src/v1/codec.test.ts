import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EnvelopeDecodeError } from "../errors.js";
import { Envelope as Generated } from "../gen/events/events.js";
import { decodeEvent, type Envelope, Envelope_EventType, encodeEvent, Method } from "../v1.js";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "__proto__", "constructor", "0", "日本語", "\u0000"),
);
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const tags = fc.array(fc.tuple(text, text), { maxLength: 6 }).map(fromEntries);
const uuid = fc.record({ low: uint64, high: uint64 });
const requestFields = {
  startTimestamp: int64,
  stopTimestamp: int64,
  requestId: uuid,
  peerType: fc.constantFrom(1, 2),
  method: fc.integer({ min: 1, max: 44 }),
  uri: text,
  remoteAddress: text,
  userAgent: text,
  statusCode: int32,
  contentLength: int64,
  applicationId: uuid,
  instanceIndex: int32,
  instanceId: text,
  forwarded: fc.array(text, { maxLength: 3 }),
};
const events = fc.oneof(
  fc.record({
    eventType: fc.constant(Envelope_EventType.HttpStartStop),
    httpStartStop: fc.record(requestFields, {
      requiredKeys: [...keys(requestFields).slice(0, 10), "forwarded"],
    }),
  }),
  fc.record({
    eventType: fc.constant(Envelope_EventType.LogMessage),
    logMessage: fc.record(
      {
        message: fc.uint8Array(),
        messageType: fc.constantFrom(1, 2),
        timestamp: int64,
        appId: text,
        sourceType: text,
        sourceInstance: text,
      },
      { requiredKeys: ["message", "messageType", "timestamp"] },
    ),
  }),
  fc.record({
    eventType: fc.constant(Envelope_EventType.ValueMetric),
    valueMetric: fc.record({ name: text, value: fc.double(), unit: text }),
  }),
  fc.record({
    eventType: fc.constant(Envelope_EventType.CounterEvent),
    counterEvent: fc.record(
      { name: text, delta: uint64, total: uint64 },
      { requiredKeys: ["name", "delta"] },
    ),
  }),
  fc.record({
    eventType: fc.constant(Envelope_EventType.Error),
    error: fc.record({ source: text, code: int32, message: text }),
  }),
  fc.record({
    eventType: fc.constant(Envelope_EventType.ContainerMetric),
    containerMetric: fc.record({
      applicationId: text,
      instanceIndex: int32,
      cpuPercentage: fc.double(),
      memoryBytes: uint64,
      diskBytes: uint64,
      memoryBytesQuota: uint64,
      diskBytesQuota: uint64,
    }),
  }),
);
const envelopes = fc
  .tuple(
    fc.record(
      { origin: text, tags, timestamp: int64, deployment: text, job: text, index: text, ip: text },
      { requiredKeys: ["origin", "tags"] },
    ),
    events,
  )
  .map(([fields, event]) => ({ ...fields, ...event }) as Envelope);

const counter: Envelope = {
  origin: "o",
  eventType: Envelope_EventType.CounterEvent,
  tags: {},
  counterEvent: { name: "c", delta: 0n },
};
const prefix = [0x0a, 0x01, 0x6f, 0x10, 0x07];

describe("encodeEvent and decodeEvent", () => {
  test("return every envelope unchanged", () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(decodeEvent(encodeEvent(envelope))).toEqual(envelope);
      }),
    );
  });

  test("agree with the generated codec", () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        // The generated codec loses this key.
        Reflect.deleteProperty(envelope.tags, "__proto__");
        expect(decodeEvent(Generated.encode(envelope).finish())).toEqual(envelope);
        const decoded = Generated.decode(encodeEvent(envelope));
        expect(Generated.encode(decoded).finish()).toEqual(Generated.encode(envelope).finish());
      }),
    );
  });

  test("distinguish zeros from unset fields", () => {
    expect(Buffer.from(encodeEvent(counter))).toEqual(
      Buffer.from([...prefix, 0x52, 0x05, 0x0a, 0x01, 0x63, 0x10, 0x00]),
    );
    expect(decodeEvent(encodeEvent(counter)).counterEvent).toEqual({ name: "c", delta: 0n });
    expect(decodeEvent(encodeEvent(counter)).timestamp).toBe(undefined);
  });

  test("keep unknown fields, of every message", () => {
    const unknown = { [0xa8 | (6 << 7)]: [Uint8Array.of(5), Uint8Array.of(0x80, 1)] };
    const envelope = {
      ...counter,
      counterEvent: { name: "c", delta: 1n, _unknownFields: unknown },
      _unknownFields: unknown,
    };
    expect(decodeEvent(encodeEvent(envelope))).toEqual(envelope);
  });

  test("keep numbers of enums that have no name", () => {
    const envelope = { ...counter, eventType: 99 as Envelope_EventType };
    expect(decodeEvent(encodeEvent(envelope)).eventType).toBe(99);
  });
});

describe("decodeEvent", () => {
  test("throws only EnvelopeDecodeError for any bytes", () => {
    const valid = envelopes.map((envelope) => encodeEvent(envelope));
    const mutated = fc.tuple(valid, fc.nat(), fc.nat(255), fc.nat()).map(([bytes, at, to, cut]) => {
      const copy = bytes.slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length);
      if (copy.length > 0) {
        copy[at % copy.length] = to;
      }
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), mutated), (bytes) => {
        try {
          decodeEvent(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvelopeDecodeError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["an empty datagram", []],
    ["only an origin", [0x0a, 0x01, 0x6f]],
    ["a counter without a delta", [...prefix, 0x52, 0x03, 0x0a, 0x01, 0x63]],
    ["a length beyond the end", [...prefix, 0x52, 0x20, 0x0a]],
    ["a field beyond the end of its message", [...prefix, 0x8a, 0x01, 0x02, 0x0a, 0x01, 0x63]],
    ["field number 0", [...prefix, 0x02, 0x00]],
  ])("rejects %s", (_, bytes) => {
    expect(() => decodeEvent(Uint8Array.from(bytes))).toThrow(EnvelopeDecodeError);
  });

  test("rejects other values with a TypeError", () => {
    expect(() => decodeEvent("x" as never)).toThrow(TypeError);
  });

  test("names the required field that is missing", () => {
    const bytes = Generated.encode({ ...counter, counterEvent: { name: "c" } }).finish();
    expect(() => decodeEvent(bytes)).toThrow("the required field counterEvent.delta is missing");
  });

  test("merges a message that occurs in several parts", () => {
    const bytes = [...prefix, 0x52, 0x03, 0x0a, 0x01, 0x63, 0x52, 0x02, 0x10, 0x05];
    expect(decodeEvent(Uint8Array.from(bytes)).counterEvent).toEqual({ name: "c", delta: 5n });
  });

  test("reads a tag without a value, or without a name, as empty", () => {
    const noValue = [0x8a, 0x01, 0x03, 0x0a, 0x01, 0x61];
    const noName = [0x8a, 0x01, 0x03, 0x12, 0x01, 0x62];
    const bytes = Uint8Array.from([...encodeEvent(counter), ...noValue, ...noName]);
    expect(decodeEvent(bytes).tags).toEqual({ a: "", "": "b" });
  });

  test("decodes text that is not UTF-8 with U+FFFD", () => {
    const bytes = Uint8Array.from([...encodeEvent(counter), 0x6a, 0x02, 0x61, 0xff]);
    expect(decodeEvent(bytes).deployment).toBe("a\ufffd");
  });
});

describe("encodeEvent", () => {
  test.each<[string, Envelope, string]>([
    [
      "no origin",
      { ...counter, origin: undefined },
      "origin must be set, as v1 requires it, got undefined",
    ],
    ["no delta", { ...counter, counterEvent: { name: "c" } }, "counterEvent.delta must be set"],
    ["a tag of another type", { ...counter, tags: { a: 1 as never } }, 'tags["a"] must be'],
    ["a number as bigint", { ...counter, timestamp: 5 as never }, "timestamp must be a bigint"],
  ])("rejects %s with a TypeError", (_, envelope, message) => {
    expect(() => encodeEvent(envelope)).toThrow(TypeError);
    expect(() => encodeEvent(envelope)).toThrow(message);
  });

  test.each<[string, Envelope]>([
    ["a timestamp beyond an int64", { ...counter, timestamp: 2n ** 63n }],
    ["a negative delta", { ...counter, counterEvent: { name: "c", delta: -1n } }],
    ["a fraction as an int32", { ...counter, eventType: 7.5 as never }],
  ])("rejects %s with a RangeError", (_, envelope) => {
    expect(() => encodeEvent(envelope)).toThrow(RangeError);
  });

  test("is not affected by a call that threw", () => {
    const before = encodeEvent(counter);
    expect(() => encodeEvent({ ...counter, counterEvent: {} })).toThrow(TypeError);
    expect(encodeEvent(counter)).toEqual(before);
  });
});

test("the methods of requests have the numbers 1 to 44", () => {
  const numbers = Object.values(Method).filter((number) => number > 0);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 44 }, (_, i) => i + 1));
});

function fromEntries(entries: [string, string][]): Record<string, string> {
  // Unlike an assignment, this keeps the key `__proto__`.
  return Object.fromEntries(entries);
}

function keys<T extends object>(object: T): (keyof T)[] {
  return Object.keys(object) as (keyof T)[];
}
