import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { anyText, batches, withoutEmptyUnknownFields } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { Envelope as GeneratedEnvelope } from "../gen/loggregator/v2/envelope.js";
import * as generated from "../gen/loggregator/v2/envelope.js";
import {
  Counter,
  decodeEnvelopeBatch,
  Envelope,
  EnvelopeBatch,
  EnvelopeDecodeError,
  Event,
  encodeEnvelopeBatch,
  Gauge,
  GaugeValue,
  gaugeEnvelope,
  Log,
  logEnvelope,
  Timer,
  Value,
} from "../index.js";
import * as v1 from "../v1.js";

const named = <T>(value: T) =>
  Object.defineProperty({ b: value }, "__proto__", { value, enumerable: true }) as Record<
    string,
    T
  >;
const metrics = named({ unit: "", value: 1 });
const envelope: Envelope = {
  ...gaugeEnvelope(metrics, { tags: named("t"), timestamp: 1n }),
  deprecatedTags: named({ data: { $case: "text", value: "d" } }),
};
const event: v1.Envelope = {
  ...v1.Envelope.create({ origin: "o", eventType: v1.Envelope_EventType.LogMessage }),
  tags: named("t"),
};

const keys = ["__proto__", "b"];
const keysOf = (map: object | undefined) => Object.keys(map ?? {}).sort();
function expectAllKeys({ tags, deprecatedTags, message }: Envelope): void {
  expect(keysOf(tags)).toEqual(keys);
  expect(keysOf(deprecatedTags)).toEqual(keys);
  expect(message?.$case === "gauge" && keysOf(message.value.metrics)).toEqual(keys);
  for (const map of [tags, deprecatedTags]) {
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
  }
}

test("decode, create and fromPartial keep entries called __proto__", () => {
  const { decode, encode, fromPartial, create } = Envelope;
  for (const made of [
    decode(encode(envelope).finish()),
    fromPartial(envelope),
    create(envelope),
    ...EnvelopeBatch.decode(EnvelopeBatch.encode({ batch: [envelope] }).finish()).batch,
    ...EnvelopeBatch.fromPartial({ batch: [envelope] }).batch,
    ...EnvelopeBatch.create({ batch: [envelope] }).batch,
  ]) {
    expectAllKeys(made);
  }
  for (const made of [
    Gauge.decode(Gauge.encode({ metrics }).finish()),
    Gauge.fromPartial({ metrics }),
    Gauge.create({ metrics }),
  ]) {
    expect(keysOf(made.metrics)).toEqual(keys);
  }
  for (const made of [
    v1.Envelope.decode(v1.Envelope.encode(event).finish()),
    v1.Envelope.fromPartial(event),
    v1.Envelope.create(event),
  ]) {
    expect(keysOf(made.tags)).toEqual(keys);
  }
});

test("create fills in empty fields, and converts like ts-proto", () => {
  const empty = { timestamp: 0n, sourceId: "", instanceId: "", deprecatedTags: {}, tags: {} };
  expect(Envelope.create()).toMatchObject({ ...empty, message: undefined });
  expect(EnvelopeBatch.create()).toMatchObject({ batch: [] });
  expect(Gauge.create()).toMatchObject({ metrics: {} });
  expect(v1.Envelope.create().tags).toEqual({});
  expect(
    Envelope.create({ timestamp: 5, message: { $case: "counter", value: { delta: 2 } } }),
  ).toMatchObject({ timestamp: 5n, message: { value: { name: "", delta: 2n, total: 0n } } });
  expect(Envelope.create({ message: { $case: "gauge" } }).message).toBeUndefined();
});

test("decode accepts a length or a reader, as the generated one does, and rejects malformed bytes", () => {
  const bytes = Envelope.encode(envelope).finish();
  const padded = Uint8Array.of(...bytes, 0xff);
  expectAllKeys(Envelope.decode(padded, bytes.length));
  expect(Envelope.decode(new BinaryReader(bytes)).timestamp).toBe(1n);
  for (const { decode } of [Envelope, EnvelopeBatch, Gauge, v1.Envelope]) {
    expect(() => decode(Uint8Array.of(0x0a, 5))).toThrow(EnvelopeDecodeError);
  }
  expectTypeOf(Envelope.decode).returns.toEqualTypeOf<GeneratedEnvelope>();
});

const generatedMessages = {
  log: generated.Log,
  counter: generated.Counter,
  gauge: generated.Gauge,
  timer: generated.Timer,
  event: generated.Event,
};
const messages = { log: Log, counter: Counter, gauge: Gauge, timer: Timer, event: Event };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("all functions that encode and decode envelopes agree", () => {
  test("Envelope.encode, EnvelopeBatch.encode and encodeEnvelopeBatch", () => {
    fc.assert(
      fc.property(batches(anyText), (batch) => {
        const bytes = encodeEnvelopeBatch(batch);
        expect(hex(EnvelopeBatch.encode(batch).finish())).toBe(hex(bytes));
        const writer = new BinaryWriter();
        for (const envelope of batch.batch) {
          writer.uint32(0x0a).fork();
          Envelope.encode(envelope, writer).join();
        }
        expect(hex(writer.finish())).toBe(hex(encodeEnvelopeBatch({ batch: batch.batch })));
        expect(EnvelopeBatch.decode(bytes)).toEqual(decodeEnvelopeBatch(bytes));
      }),
    );
  });

  test("the functions of nested messages", () => {
    fc.assert(
      fc.property(batches(), ({ batch }) => {
        for (const { message, deprecatedTags } of batch) {
          for (const value of Object.values(deprecatedTags)) {
            expect(Value.decode(Value.encode(value).finish())).toEqual(value);
          }
          if (message === undefined) {
            continue;
          }
          const codec = messages[message.$case] as typeof Log;
          expect(codec.decode(codec.encode(message.value as Log).finish())).toEqual(message.value);
          if (message.$case !== "gauge") {
            continue;
          }
          for (const metric of Object.values(message.value.metrics)) {
            expect(GaugeValue.decode(GaugeValue.encode(metric).finish())).toEqual(metric);
          }
        }
      }),
    );
  });

  test("write the same as the generated code, except for negative zero", () => {
    fc.assert(
      fc.property(batches(anyText), ({ batch }) => {
        for (const { message, deprecatedTags } of batch) {
          for (const value of Object.values(deprecatedTags)) {
            expect(hex(Value.encode(value).finish())).toBe(
              hex(generated.Value.encode(value).finish()),
            );
          }
          if (message === undefined) {
            continue;
          }
          if (message.$case === "gauge") {
            for (const metric of Object.values(message.value.metrics)) {
              metric.value += 0;
            }
          }
          const ours = messages[message.$case] as typeof Log;
          const theirs = generatedMessages[message.$case] as typeof Log;
          const value = message.value as Log;
          const bytes = ours.encode(value).finish();
          expect(hex(bytes)).toBe(hex(theirs.encode(value).finish()));
          // The generated decoder loses entries called __proto__.
          if (message.$case === "gauge") {
            continue;
          }
          expect(hex(ours.encode(ours.decode(bytes)).finish())).toBe(
            hex(ours.encode(withoutEmptyUnknownFields(theirs.decode(bytes))).finish()),
          );
        }
      }),
    );
  });

  test("keep negative zero", () => {
    const gauge = gaugeEnvelope({ cpu: { value: -0 } }, { timestamp: 1n });
    for (const decoded of [
      Envelope.decode(Envelope.encode(gauge).finish()),
      ...EnvelopeBatch.decode(EnvelopeBatch.encode({ batch: [gauge] }).finish()).batch,
      ...decodeEnvelopeBatch(encodeEnvelopeBatch({ batch: [gauge] })).batch,
    ]) {
      expect(decoded.message).toHaveProperty("value.metrics.cpu.value", -0);
    }
    const { value } = gauge.message;
    expect(Gauge.decode(Gauge.encode(value).finish()).metrics["cpu"]?.value).toBe(-0);
    const metric = { unit: "", value: -0 };
    expect(GaugeValue.decode(GaugeValue.encode(metric).finish()).value).toBe(-0);
  });

  test("merge a message that occurs twice, and reject the same bytes", () => {
    const two = Uint8Array.of(0x2a, 3, 0x0a, 1, 0x63, 0x2a, 2, 0x10, 5);
    expect(Envelope.decode(two).message).toEqual({
      $case: "counter",
      value: { name: "c", delta: 5n, total: 0n },
    });
    for (const codec of [Value, Log, Counter, Gauge, GaugeValue, Timer, Event, Envelope]) {
      expect(() => codec.decode(Uint8Array.of(0x0a, 5))).toThrow(EnvelopeDecodeError);
      expect(() => codec.decode("x" as never)).toThrow(TypeError);
    }
  });

  test("reject unknown fields that are not lists of bytes by tag", () => {
    const envelope = logEnvelope("m");
    for (const [fields, message] of [
      [{ 800: ["x"] }, '_unknownFields["800"][0] must be a Uint8Array, got "x"'],
      [{ 800: [new Uint8Array(), 5] }, '_unknownFields["800"][1] must be a Uint8Array, got 5'],
      [{ 800: new Uint8Array() }, '_unknownFields["800"] must be an array of Uint8Array'],
      [{ x: [] }, '_unknownFields["x"] must be named by a field\'s tag on the wire, got "x"'],
      [5, "_unknownFields must be an object, got 5"],
    ] as const) {
      const bad = { ...envelope, _unknownFields: fields as never };
      expect(() => encodeEnvelopeBatch({ batch: [bad] })).toThrow(message);
      expect(() => Envelope.encode(bad)).toThrow(message);
      expect(() => EnvelopeBatch.encode({ batch: [], _unknownFields: fields as never })).toThrow(
        message,
      );
    }
  });
});

describe("all functions that encode and decode v1 envelopes agree", () => {
  const log: v1.LogMessage = { message: Uint8Array.of(0x6d), messageType: 1, timestamp: 5n };
  const logEvent: v1.Envelope = {
    ...v1.Envelope.create({ origin: "o", eventType: v1.Envelope_EventType.LogMessage }),
    logMessage: log,
  };

  test("Envelope.encode and encodeEvent", () => {
    expect(hex(v1.Envelope.encode(logEvent).finish())).toBe(hex(v1.encodeEvent(logEvent)));
    expect(v1.Envelope.decode(v1.encodeEvent(logEvent))).toEqual(
      v1.decodeEvent(v1.encodeEvent(logEvent)),
    );
    expect(() => v1.Envelope.encode({ ...logEvent, origin: undefined })).toThrow(
      "origin must be set, as v1 requires it",
    );
  });

  test("the functions of nested messages", () => {
    expect(v1.LogMessage.decode(v1.LogMessage.encode(log).finish())).toEqual(log);
    const metric: v1.ValueMetric = { name: "\ufeffbom", value: -0, unit: "" };
    expect(v1.ValueMetric.decode(v1.ValueMetric.encode(metric).finish())).toEqual(metric);
    const uuid: v1.UUID = { low: 2n ** 64n - 1n, high: 0n };
    expect(v1.UUID.decode(v1.UUID.encode(uuid).finish())).toEqual(uuid);
    for (const codec of [
      v1.LogMessage,
      v1.ValueMetric,
      v1.CounterEvent,
      v1.ContainerMetric,
      v1.Error,
      v1.HttpStartStop,
      v1.UUID,
    ]) {
      expect(() => codec.encode({ forwarded: [] } as never)).toThrow(TypeError);
      expect(() => codec.decode(new Uint8Array())).toThrow(EnvelopeDecodeError);
      expect(() => codec.decode(Uint8Array.of(0x0a, 5))).toThrow(EnvelopeDecodeError);
    }
  });
});
