import { type Envelope, Log_Type } from "@loggregator/api";
import { Envelope_EventType, Method, type Envelope as V1Envelope } from "@loggregator/api/v1";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toV1, toV2 } from "./index.js";

const text = fc.oneof(
  fc.string(),
  fc.constantFrom("", "__proto__", "constructor", "origin", "source_id", "instance_id", "日本語"),
);
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const tags = fc
  .array(fc.tuple(text, text), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));

/** Converts an envelope to v1, as one event, and back. */
function throughV1(envelope: Envelope): Envelope {
  const events = toV1(envelope);
  expect(events).toHaveLength(1);
  return toV2(events[0] as V1Envelope);
}

/**
 * Returns the parts of an envelope that the mapping keeps. Tags that are fields in v1 are always
 * set.
 */
function kept(envelope: Envelope, type: string): Envelope {
  const fields: Envelope["tags"] = { origin: "", deployment: "", job: "", index: "", ip: "" };
  const { source_id, ...others } = { ...fields, ...envelope.tags };
  const sourceId = envelope.sourceId || (source_id ?? `${others["deployment"]}/${others["job"]}`);
  return { ...envelope, sourceId, tags: { ...others, __v1_type: type } };
}

const envelopes = fc.record({
  timestamp: int64,
  sourceId: text,
  instanceId: text,
  deprecatedTags: fc.constant({}),
  tags,
});

test("a log keeps everything", () => {
  const logs = fc.record({ payload: fc.uint8Array(), type: fc.constantFrom(0, 1) });
  fc.assert(
    fc.property(envelopes, logs, (fields, value) => {
      delete fields.tags["__v1_type"];
      const envelope: Envelope = { ...fields, message: { $case: "log", value: value as never } };
      const expected = kept(envelope, "LogMessage");
      expected.tags["source_type"] ??= "";
      expect(throughV1(envelope)).toEqual(expected);
    }),
  );
});

test("an error in a log keeps its text, source and code", () => {
  fc.assert(
    fc.property(envelopes, text, text, int32, (fields, message, source, code) => {
      const event = {
        source,
        code: String(code),
        __v1_type: "Error",
      };
      const payload = new TextEncoder().encode(message);
      const envelope: Envelope = {
        ...fields,
        // v1 errors have no instance id.
        instanceId: "",
        tags: { ...fields.tags, ...event },
        message: { $case: "log", value: { payload, type: Log_Type.OUT } },
      };
      expect(throughV1(envelope)).toEqual(kept(envelope, "Error"));
    }),
  );
});

test("a counter keeps everything", () => {
  const counters = fc.record({ name: text, delta: uint64, total: uint64 });
  fc.assert(
    fc.property(envelopes, counters, (fields, value) => {
      const envelope: Envelope = { ...fields, message: { $case: "counter", value } };
      const expected = kept(envelope, "CounterEvent");
      // The instance is the tag `instance_id` in v1.
      expected.instanceId ||= fields.tags["instance_id"] ?? "";
      delete expected.tags["instance_id"];
      expect(throughV1(envelope)).toEqual(expected);
    }),
  );
});

test("each metric of a gauge keeps everything, in a separate envelope", () => {
  const metrics = fc.dictionary(text, fc.record({ unit: text, value: fc.double() }));
  fc.assert(
    fc.property(envelopes, metrics, (fields, metrics) => {
      const envelope: Envelope = { ...fields, message: { $case: "gauge", value: { metrics } } };
      const expected = Object.entries(metrics).map(([name, metric]) => {
        const one = kept(envelope, "ValueMetric");
        one.message = { $case: "gauge", value: { metrics: Object.fromEntries([[name, metric]]) } };
        one.instanceId ||= fields.tags["instance_id"] ?? "";
        if (one.instanceId !== "") {
          one.tags["instance_id"] = one.instanceId;
        }
        return one;
      });
      expect(toV1(envelope).map((event) => toV2(event))).toEqual(expected);
    }),
  );
});

test("a container's gauge keeps its values", () => {
  const bytes = fc.nat(2 ** 31 - 1).map((value) => ({ unit: "bytes", value }));
  const metrics = fc.record({
    cpu: fc.double().map((value) => ({ unit: "percentage", value })),
    memory: bytes,
    disk: bytes,
    memory_quota: bytes,
    disk_quota: bytes,
  });
  fc.assert(
    fc.property(envelopes, int32, metrics, (fields, index, metrics) => {
      const envelope: Envelope = {
        ...fields,
        instanceId: String(index),
        message: { $case: "gauge", value: { metrics } },
      };
      expect(throughV1(envelope)).toEqual(kept(envelope, "ContainerMetric"));
    }),
  );
});

test("a timer keeps its times, and the request in its tags", () => {
  const methods = Object.keys(Method).filter((name) => name !== "UNRECOGNIZED");
  const request = fc.record({
    request_id: fc.uuid(),
    peer_type: fc.constantFrom("Client", "Server"),
    method: fc.constantFrom(...methods),
    uri: text,
    remote_address: text,
    user_agent: text,
    status_code: int32.map(String),
    content_length: int64.map(String),
    routing_instance_id: text,
    forwarded: fc.array(fc.ipV4()).map((addresses) => addresses.join("\n")),
  });
  fc.assert(
    fc.property(envelopes, request, int32, int64, int64, (fields, request, index, start, stop) => {
      const envelope: Envelope = {
        ...fields,
        instanceId: String(index),
        tags: { ...fields.tags, ...request },
        message: { $case: "timer", value: { name: "http", start, stop } },
      };
      expect(throughV1(envelope)).toEqual(kept(envelope, "HttpStartStop"));
    }),
  );
});

test("events, and envelopes without a message, have no v1 form", () => {
  const envelope = { timestamp: 0n, sourceId: "", instanceId: "", deprecatedTags: {}, tags: {} };
  const event = { $case: "event", value: { title: "", body: "" } } as const;
  expect(toV1({ ...envelope, message: event })).toEqual([]);
  expect(toV1({ ...envelope, message: undefined })).toEqual([]);
});

test("all 44 methods are known by name and number", () => {
  const { UNRECOGNIZED, ...methods } = Method;
  expect(Object.keys(methods)).toHaveLength(44);
  for (const [name, method] of Object.entries(methods)) {
    const event: V1Envelope = {
      tags: {},
      httpStartStop: { requestId: undefined, forwarded: [], method },
    };
    const envelope = toV2(event);
    expect(envelope.tags["method"]).toBe(name);
    expect(toV1(envelope)[0]?.httpStartStop?.method).toBe(method);
  }
});

test("missing fields of a v1 envelope count as their defaults", () => {
  expect(toV2({ tags: {}, eventType: Envelope_EventType.CounterEvent })).toEqual({
    timestamp: 0n,
    sourceId: "/",
    instanceId: "",
    deprecatedTags: {},
    tags: { origin: "", deployment: "", job: "", index: "", ip: "", __v1_type: "CounterEvent" },
    message: { $case: "counter", value: { name: "", delta: 0n, total: 0n } },
  });
  expect(toV2({ tags: {}, eventType: 99 as never }).message).toBe(undefined);
});
