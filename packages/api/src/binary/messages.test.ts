import { BinaryReader } from "@bufbuild/protobuf/wire";
import { expect, expectTypeOf, test } from "vitest";
import type { Envelope as GeneratedEnvelope } from "../gen/loggregator/v2/envelope.js";
import { Envelope, EnvelopeBatch, EnvelopeDecodeError, Gauge, gaugeEnvelope } from "../index.js";
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

test("create makes what was left out empty, and converts what ts-proto does", () => {
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

test("decode takes a length or a reader, as the generated one does, and refuses what is malformed", () => {
  const bytes = Envelope.encode(envelope).finish();
  const padded = Uint8Array.of(...bytes, 0xff);
  expectAllKeys(Envelope.decode(padded, bytes.length));
  expect(Envelope.decode(new BinaryReader(bytes)).timestamp).toBe(1n);
  for (const { decode } of [Envelope, EnvelopeBatch, Gauge, v1.Envelope]) {
    expect(() => decode(Uint8Array.of(0x0a, 5))).toThrow(EnvelopeDecodeError);
  }
  expectTypeOf(Envelope.decode).returns.toEqualTypeOf<GeneratedEnvelope>();
});
