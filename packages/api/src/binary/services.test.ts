import { describe, expect, test } from "vitest";
import {
  EgressDefinition,
  type EnvelopeBatch,
  EnvelopeDecodeError,
  IngressDefinition,
  isLog,
  logEnvelope,
} from "../index.js";

const envelope = logEnvelope("line", {
  tags: JSON.parse('{"__proto__":"a"}') as Record<string, string>,
});

test("the services have the names and methods of the protocol", () => {
  expect(IngressDefinition.fullName).toBe("loggregator.v2.Ingress");
  expect(EgressDefinition.fullName).toBe("loggregator.v2.Egress");
  const shape = (methods: object) =>
    Object.values(methods).map(({ name, requestStream, responseStream }) => [
      name,
      requestStream,
      responseStream,
    ]);
  expect(shape(IngressDefinition.methods)).toEqual([
    ["Sender", true, false],
    ["BatchSender", true, false],
    ["Send", false, false],
  ]);
  expect(shape(EgressDefinition.methods)).toEqual([
    ["Receiver", false, true],
    ["BatchedReceiver", false, true],
  ]);
});

describe.each([
  ["Ingress.BatchSender", IngressDefinition.methods.batchSender.requestType],
  ["Ingress.Send", IngressDefinition.methods.send.requestType],
  ["Egress.BatchedReceiver", EgressDefinition.methods.batchedReceiver.responseType],
])("%s", (_, type) => {
  test("carries whole batches", () => {
    const batch: EnvelopeBatch = { batch: [envelope, logEnvelope("")] };
    expect(type.decode(type.encode(batch).finish())).toEqual(batch);
  });

  test("rejects malformed bytes", () => {
    expect(() => type.decode(Uint8Array.of(0x0a, 1))).toThrow(EnvelopeDecodeError);
  });
});

test.each([
  ["Ingress.Sender", IngressDefinition.methods.sender.requestType],
  ["Egress.Receiver", EgressDefinition.methods.receiver.responseType],
])("%s carries whole envelopes", (_, type) => {
  expect(type.decode(type.encode(envelope).finish())).toEqual(envelope);
  // Lengths that need length prefixes of different sizes.
  for (const length of [0, 100, 20_000, 3_000_000]) {
    const payload = new Uint8Array(length).fill(0x61);
    const decoded = type.decode(type.encode(logEnvelope(payload)).finish());
    expect(isLog(decoded) && Buffer.compare(decoded.message.value.payload, payload)).toBe(0);
  }
});
