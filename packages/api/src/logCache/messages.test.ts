import { mapWith } from "@loggregator/core";
import { describe, expect, test } from "vitest";
import { EnvelopeDecodeError, encodeEnvelopeBatch, logEnvelope } from "../index.js";
import {
  EgressDefinition,
  IngressDefinition,
  InstantQueryResult,
  MetaResponse,
  PromQLQuerierDefinition,
  RangeQueryResult,
  ReadRequest,
  ReadResponse,
  SendRequest,
} from "../log-cache.js";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const parse = <T>(json: string) => JSON.parse(json) as T;
const labels = parse<Record<string, string>>('{"__proto__":"a","source_id":"b"}');
const point = { time: "1.000", value: Number.NaN };

test("the services have the names and methods of the protocol", () => {
  const shape = ({ fullName, methods }: { fullName: string; methods: object }) => [
    fullName,
    ...Object.values(methods).map(({ name }) => name),
  ];
  expect(shape(EgressDefinition)).toEqual(["logcache.v1.Egress", "Read", "Meta"]);
  expect(shape(IngressDefinition)).toEqual(["logcache.v1.Ingress", "Send"]);
  expect(shape(PromQLQuerierDefinition)).toEqual([
    "logcache.v1.PromQLQuerier",
    "InstantQuery",
    "RangeQuery",
  ]);
});

test("a request has the field numbers of the protocol", () => {
  const request = ReadRequest.create({
    sourceId: "s",
    startTime: 1n,
    endTime: 2n,
    limit: 3n,
    envelopeTypes: [1, 5],
    descending: true,
    nameFilter: "n",
  });
  const encoded = ReadRequest.encode(request).finish();
  expect(Buffer.from(encoded).toString("hex")).toBe(
    "0a0173100118022003" + "2a020105" + "3001" + "3a016e",
  );
  expect(ReadRequest.decode(encoded)).toEqual(request);
});

describe.each([
  ["ReadResponse", ReadResponse],
  ["SendRequest", SendRequest],
])("%s", (_, type) => {
  const batch = { batch: [logEnvelope("a", { tags: labels }), logEnvelope("b")] };

  test("carries whole batches", () => {
    const message = type.create({ envelopes: batch });
    const decoded = type.decode(type.encode({ ...message, envelopes: batch }).finish());
    expect(decoded.envelopes).toEqual(batch);
  });

  test("merges a batch that occurs twice, as protobuf does", () => {
    const once = encodeEnvelopeBatch({ batch: [logEnvelope("a", { timestamp: 1n })] });
    const field = [0x0a, once.length, ...once];
    expect(type.decode(Uint8Array.from([...field, ...field])).envelopes?.batch).toHaveLength(2);
  });

  test("distinguishes an absent batch from an empty one", () => {
    expect(type.decode(bytes("")).envelopes).toBeUndefined();
    expect(type.decode(bytes("0a00")).envelopes).toEqual({ batch: [] });
  });

  test("keeps unknown fields", () => {
    const encoded = bytes("0a00f80105");
    expect(type.encode(type.decode(encoded)).finish()).toEqual(encoded);
  });

  test("rejects malformed bytes", () => {
    expect(() => type.decode(bytes("0a01"))).toThrow(EnvelopeDecodeError);
    expect(() => type.decode(bytes("0a020a05"))).toThrow(EnvelopeDecodeError);
  });
});

test("SendRequest carries local_only", () => {
  expect(SendRequest.decode(bytes("0a001001")).localOnly).toBe(true);
});

test("MetaResponse carries any source id", () => {
  const info = { count: 1n, expired: 2n, oldestTimestamp: 3n, newestTimestamp: 4n };
  const meta = mapWith(parse<Record<string, string>>('{"__proto__":"","":""}'), () => info);
  const decoded = MetaResponse.decode(MetaResponse.encode({ meta }).finish());
  expect(Object.keys(decoded.meta)).toEqual(["__proto__", ""]);
  const [first] = Object.values(decoded.meta);
  expect(first).toMatchObject(info);
  // An entry without a value has the default one.
  expect(MetaResponse.decode(bytes("0a030a0161")).meta["a"]).toMatchObject({ count: 0n });
});

test.each<NonNullable<InstantQueryResult["result"]>>([
  { $case: "scalar", value: { time: "1.500", value: Number.POSITIVE_INFINITY } },
  { $case: "vector", value: { samples: [{ metric: labels, point }] } },
  { $case: "matrix", value: { series: [{ metric: labels, points: [point, point] }] } },
])("an instant query may result in a $$case", (result) => {
  const decoded = InstantQueryResult.decode(InstantQueryResult.encode({ result }).finish());
  expect(decoded.result).toMatchObject(result);
  expect(JSON.stringify(decoded)).toContain(result.$case === "scalar" ? "1.500" : "__proto__");
});

test("a range query results in a matrix", () => {
  const result = {
    $case: "matrix",
    value: { series: [{ metric: labels, points: [point] }] },
  } as const;
  const decoded = RangeQueryResult.decode(
    RangeQueryResult.encode({
      result: { $case: "matrix", value: { series: [{ metric: labels, points: [point] }] } },
    }).finish(),
  );
  expect(decoded.result).toMatchObject(result);
});
