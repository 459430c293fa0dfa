import { createSocket } from "node:dgram";
import { on, once } from "node:events";
import type { Envelope } from "@loggregator/api";
import { decodeEvent, encodeEvent } from "@loggregator/api/v1";
import { startEmulator } from "@loggregator/emulator";
import { eventJson } from "@loggregator/testing/event-json";
import { V1Client } from "@loggregator/v1";
import { expect, test } from "vitest";
import { asLine, type Call, emit, someCalls } from "./calls.js";
import { expectSame } from "./canonical.js";
import { base64, Oracle } from "./oracle.js";
import { describeInterop, Peer } from "./peer.js";
import { agentModel, type Json, protojson } from "./samples.js";

const origin = "some-origin";
const tags = { "client-tag": "from-client", job: "client" };
const calls = someCalls(500, ["emitLog", "emitCounter", "emitGauge"]);

describeInterop("v1", () => {
  function goClient(address: string): Peer {
    return new Peer("v1-emitter", { address, origin, tags: JSON.stringify(tags) });
  }

  test("each call has the same result for all pairs of our and Go's clients and receivers", async () => {
    await using receiver = new Peer("v1-receiver");
    const { address } = await receiver.next<{ address: string }>();
    const receivedEvent = async () => (await receiver.next<{ event: Json }>()).event;

    await using theirs = goClient(address);
    const reference = await eachCall((call) => theirs.send(asLine(call)), receivedEvent);

    await using ours = new V1Client({ address, origin, tags });
    expectSame(await eachCall((call) => emit(ours, call), receivedEvent), reference);

    await using socket = await listen();
    await using toUs = goClient(socket.address);
    const read = async () => eventJson(decodeEvent(await socket.next())) as Json;
    expectSame(await eachCall((call) => toUs.send(asLine(call)), read), reference);
  });

  test("each call of Go's client reaches our server as the envelope of Go's conversion", async () => {
    const place = { deployment: "cf", job: "diego-cell", index: "0", ip: "10.0.0.1" };
    const agent = agentModel();
    // If the source id is missing, Go's conversion uses deployment and job, the UDP forwarder the origin.
    const atForwarder = (json: Json): Json =>
      json["source_id"] === `${place.deployment}/${place.job}`
        ? { ...json, source_id: (json["tags"] as { origin: string }).origin }
        : json;
    await using oracle = new Oracle();
    await using socket = await listen();
    await using toUs = goClient(socket.address);
    const read = async () => {
      const event = { ...decodeEvent(await socket.next()), ...place };
      const question = { bytes: base64(encodeEvent(event)) };
      const { value } = await oracle.ask<{ preferred: Json }>("toV2", question);
      return agent(atForwarder(value?.preferred ?? {}));
    };
    const reference = await eachCall((call) => toUs.send(asLine(call)), read);

    const received: Envelope[] = [];
    await using emulator = await startEmulator({
      v1: place,
      onEnvelope: (envelope) => received.push(envelope),
    });
    await using toOurs = goClient(emulator.v1.address);
    const arrive = async () => {
      await emulator.until(() => received.length > 0);
      return protojson(received.splice(0, 1))[0] as Json;
    };
    expectSame(await eachCall((call) => toOurs.send(asLine(call)), arrive), reference);
  });

  test("a Go receiver drops the datagrams that we reject", async () => {
    await using receiver = new Peer("v1-receiver");
    const { address } = await receiver.next<{ address: string }>();
    const datagram = Buffer.from([0x0a, 0x01, 0x6f]);
    await using socket = await listen();
    await socket.send(datagram, address);
    expect(await receiver.next()).toEqual({ dropped: expect.stringContaining("required field") });
    expect(() => decodeEvent(datagram)).toThrow("required field");
  });
});

/** Makes the calls one by one, because a busy receiver loses datagrams. Returns the result of each. */
async function eachCall(
  make: (call: Call) => void,
  receive: () => Promise<Json>,
): Promise<Json[][]> {
  const start = BigInt(Date.now()) * 1_000_000n;
  const received: Json[][] = [];
  for (const call of calls) {
    make(call);
    make(endOfCall);
    const events: Json[] = [];
    for (let event = await receive(); !isEnd(event); event = await receive()) {
      events.push(untimed(event, start));
    }
    received.push(events);
  }
  return received;
}

const end = "the end of a call";
const endOfCall: Call = { ...(calls[0] as Call), call: "emitLog", message: end };

/** The text of a v1 or v2 log. */
function isEnd(json: Json): boolean {
  const { message, payload } = (json["logMessage"] ?? json["log"] ?? {}) as Record<string, unknown>;
  return (message ?? payload) === Buffer.from(end).toString("base64");
}

/** Returns the envelopes without timestamps, and expects these to be later than the start. */
function untimed({ timestamp, logMessage, ...json }: Json, start: bigint): Json {
  const { timestamp: own = timestamp, ...rest } = (logMessage ?? {}) as Json;
  for (const time of [timestamp, own]) {
    expect(BigInt(time as string) >= start).toBe(true);
    expect(BigInt(time as string) <= BigInt(Date.now() + 1) * 1_000_000n).toBe(true);
  }
  return { ...json, logMessage: rest };
}

/** Opens a UDP socket on loopback. */
async function listen() {
  const socket = createSocket("udp4");
  const messages = on(socket, "message");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async next(): Promise<Uint8Array> {
      return (await messages.next()).value[0];
    },
    async send(datagram: Uint8Array, address: string): Promise<void> {
      const { hostname, port } = new URL(`udp://${address}`);
      await new Promise((sent) => socket.send(datagram, Number(port), hostname, sent));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      socket.close();
      await once(socket, "close");
    },
  };
}
