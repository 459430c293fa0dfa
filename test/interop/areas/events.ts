import { decodeEvent, type Envelope, encodeEvent } from "@loggregator/api/v1";
import { dictionary, double, int64, uint64 } from "@loggregator/testing/arbitraries";
import { eventJson } from "@loggregator/testing/event-json";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64 } from "../oracle.js";
import type { Area } from "./area.js";
import { fields, mutated } from "./bytes.js";
import { text } from "./text.js";
import { type Reading, wireArea } from "./wire.js";

/** v1 envelopes with the fields that their type requires; some have unknown enum values. */
export const events: fc.Arbitrary<Envelope> = arbitraryEvents();

const encoded = events.map(encodeEvent);

/** A v1 envelope that we write and the reference reads. */
export const writtenEventArea: Area<Envelope> = {
  name: "v1 envelopes that we write",
  cases: events,

  async compare(event, oracle) {
    const bytes = base64(encodeEvent(event));
    const { value, error } = await oracle.ask<Reading<unknown>>("event", { bytes });
    return {
      ours: { value: canonical(eventJson(event)) },
      reference: error === undefined ? { value: canonical(value?.json) } : { refused: error },
    };
  },
};

/** An origin and an event type, which are required. */
const required = Uint8Array.of(0x0a, 0x01, 0x6f, 0x10, 0x05);

export const eventArea = wireArea<Envelope>({
  name: "v1 envelopes",
  cases: fc.oneof(
    encoded,
    mutated(encoded),
    fields.map((bytes) => new Uint8Array(Buffer.concat([required, bytes]))),
  ),
  ask: "event",
  decode: decodeEvent,
  encode: encodeEvent,
  json: eventJson,
});

function arbitraryEvents(): fc.Arbitrary<Envelope> {
  const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1));
  const uuid = fc.record({ low: uint64, high: uint64 });
  const enumOf = (max: number) =>
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max }) }, fc.integer());
  const request = {
    ...{ startTimestamp: int64, stopTimestamp: int64, requestId: uuid },
    ...{ peerType: enumOf(2), method: enumOf(44), uri: text, remoteAddress: text },
    ...{ userAgent: text, statusCode: int32, contentLength: int64 },
    forwarded: fc.array(text, { maxLength: 3 }),
  };
  const log = {
    message: fc.uint8Array({ maxLength: 60 }),
    messageType: enumOf(2),
    timestamp: int64,
  };
  const container = {
    ...{ applicationId: text, instanceIndex: int32, cpuPercentage: double },
    ...{ memoryBytes: uint64, diskBytes: uint64 },
  };
  const messages = {
    httpStartStop: some(request, { applicationId: uuid, instanceIndex: int32, instanceId: text }),
    logMessage: some(log, { appId: text, sourceType: text, sourceInstance: text }),
    valueMetric: some({ name: text, value: double, unit: text }),
    counterEvent: some({ name: text, delta: uint64 }, { total: uint64 }),
    error: some({ source: text, code: int32, message: text }),
    containerMetric: some(container, { memoryBytesQuota: uint64, diskBytesQuota: uint64 }),
  };
  const name = fc.oneof(text, fc.constantFrom("source_id", "instance_id", "uri", "code", "job"));
  const common = some(
    { origin: text, tags: dictionary(name, text) },
    { timestamp: int64, deployment: text, job: text, index: text, ip: text },
  );
  // The types have the numbers from 4 on, in this order.
  const typed = Object.entries(messages).map(([message, value], index) =>
    fc.record({ eventType: fc.constant(index + 4), [message]: value }),
  );
  const untyped = fc.record({ eventType: enumOf(9), ...messages }, { requiredKeys: ["eventType"] });
  return fc
    .tuple(common, fc.oneof(...typed, untyped))
    .map(([fields, typed]) => ({ ...fields, ...typed }) as unknown as Envelope);
}

/** A record with all of the required fields and some of the optional ones. */
function some(required: Record<string, unknown>, optional: Record<string, unknown> = {}) {
  return fc.record({ ...required, ...optional } as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: Object.keys(required),
  });
}
