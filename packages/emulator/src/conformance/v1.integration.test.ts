// v1 as docs/protocol.md describes it, one test for each fact.
import type { Envelope, EnvelopeOptions } from "@loggregator/api";
import { V1Client } from "@loggregator/v1";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sendDatagrams } from "../../testing/datagrams.js";
import { type Field, message } from "../../testing/protobuf.js";
import { type Emulator, startEmulator } from "../index.js";

const received: Envelope[] = [];
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({
    realism: "strict",
    logger: null,
    v1: { deployment: "cf", job: "router", index: "4", ip: "10.0.0.4" },
    onEnvelope: (envelope) => received.push(envelope),
  });
});

beforeEach(() => {
  received.length = 0;
});

afterAll(async () => {
  await emulator.close();
});

/** The bytes of a CounterEvent with these additional fields. */
function counter(name: string, ...fields: Field[]): Uint8Array {
  const event = message([1, name], [2, 1n], [3, 2n]);
  return message([1, "origin"], [2, 7n], [10, event], ...fields);
}

/** Sends datagrams and waits until they produced this number of envelopes. */
async function sendAndReceive(count: number, ...datagrams: Uint8Array[]): Promise<Envelope[]> {
  await sendDatagrams(emulator, ...datagrams);
  await emulator.until(() => received.length === count);
  return received;
}

test("agent ingress, v1: UDP without TLS, one events.Envelope a datagram, no framing", async () => {
  const envelopes = await sendAndReceive(2, counter("a"), counter("b"));
  expect(envelopes.map(({ message }) => message)).toEqual([
    { $case: "counter", value: { name: "a", delta: 1n, total: 2n } },
    { $case: "counter", value: { name: "b", delta: 1n, total: 2n } },
  ]);
});

test("the UDP forwarder drops datagrams that do not parse, which are counted", async () => {
  const { v1Dropped, v1Received } = emulator.stats;
  const withoutOrigin = message([2, 7n], [10, message([1, "a"], [2, 1n], [3, 1n])]);
  const bad = [
    Buffer.from("not protobuf"),
    Buffer.alloc(0),
    counter("a").subarray(1),
    withoutOrigin,
  ];
  await sendAndReceive(1, ...bad, counter("good"));
  expect(received).toMatchObject([{ message: { value: { name: "good" } } }]);
  expect(emulator.stats.v1Dropped - v1Dropped).toBe(bad.length);
  expect(emulator.stats.v1Received - v1Received).toBe(1);
});

test("the UDP forwarder adds deployment, job, index and ip", async () => {
  const [envelope] = await sendAndReceive(1, counter("a"));
  expect(envelope?.tags).toMatchObject({
    origin: "origin",
    deployment: "cf",
    job: "router",
    index: "4",
    ip: "10.0.0.4",
  });
});

test("deployment and job of an envelope are kept", async () => {
  const [envelope] = await sendAndReceive(1, counter("a", [13, "own"], [14, ""]));
  expect(envelope?.tags).toMatchObject({ deployment: "own", job: "", index: "4" });
});

test("a datagram of the maximum size, 65,507 bytes, is accepted", async () => {
  const log = (size: number) => {
    const event = message([1, new Uint8Array(size)], [2, 1n], [3, 1n]);
    return message([1, "origin"], [2, 5n], [8, event]);
  };
  const overhead = log(65_000).length - 65_000;
  const datagram = log(65_507 - overhead);
  expect(datagram).toHaveLength(65_507);
  const [envelope] = await sendAndReceive(1, datagram);
  expect(envelope?.message?.$case === "log" && envelope.message.value.payload.length).toBe(
    65_507 - overhead,
  );
});

describe("the v1 client turns a gauge", () => {
  const five = ["cpu", "memory", "disk", "memory_quota", "disk_quota"];
  const app = { sourceId: "app", instanceId: "3" };

  /** The names of the metrics of each envelope that a gauge arrives as. */
  async function arrivesAs(names: readonly string[], options: EnvelopeOptions, count: number) {
    await using client = new V1Client({ origin: "client", address: emulator.v1.address });
    client.emitGauge(
      Object.fromEntries(names.map((name, i) => [name, { value: i, unit: "" }])),
      options,
    );
    await emulator.until(() => received.length === count);
    return received.map(
      ({ message }) => message?.$case === "gauge" && Object.keys(message.value.metrics),
    );
  }

  test("with source info, an integer instance id and exactly the five metrics into one ContainerMetric", async () => {
    expect(await arrivesAs(five, app, 1)).toEqual([five]);
    expect(received).toMatchObject([app]);
  });

  test.each([
    ["of fewer metrics", ["cpu", "memory"], app],
    ["of more metrics", [...five, "more"], app],
    ["of five other metrics", [...five.slice(1), "other"], app],
    ["without source info", five, { instanceId: "3" }],
    ["with an instance id that is not an integer", five, { sourceId: "app", instanceId: "web-0" }],
  ])("%s into one ValueMetric for each metric", async (_, names, options) => {
    const each = names.map((name) => [name]);
    expect(await arrivesAs(names, options, each.length)).toEqual(each);
  });
});

test("an origin is required, in the client and in envelopes", async () => {
  expect(() => new V1Client({ origin: "", address: emulator.v1.address })).toThrow(
    /^origin must be/,
  );
  const { v1Dropped } = emulator.stats;
  await sendDatagrams(emulator, message([2, 7n], [10, message([1, "a"], [2, 1n], [3, 1n])]));
  await emulator.until((stats) => stats.v1Dropped > v1Dropped);
  expect(received).toEqual([]);
});
