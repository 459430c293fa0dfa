import type { GaugeMetrics } from "@loggregator/api";
import {
  decodeEvent,
  Envelope_EventType,
  LogMessage_MessageType,
  type Envelope as V1Envelope,
} from "@loggregator/api/v1";
import { UdpListener } from "@loggregator/testing";
import { type ClientCallVector, clientCallVectors } from "@loggregator/testing/client-call-vectors";
import { expect, test } from "vitest";
import { V1Client } from "./index.js";

// The datagrams of go-loggregator's v1 client for hundreds of calls.

const vectors = clientCallVectors.filter(({ v1Json }) => v1Json !== undefined);

test("every call sends the same datagrams as go-loggregator", async () => {
  await using listener = await UdpListener.start();
  await using client = new V1Client({
    origin: "some-origin",
    address: listener.address,
    tags: { "client-tag": "from-client" },
  });
  expect(vectors.length).toBeGreaterThan(100);
  for (const vector of vectors) {
    const expected = vector.v1Json ?? [];
    emit(client, vector);
    const events = (await listener.next(expected.length)).map(decodeEvent);
    expect(byName(events.map(asJson))).toEqual(byName(expected));
  }
});

function emit(client: V1Client, vector: ClientCallVector): void {
  const { call, message = "", name = "", metrics = [] } = vector;
  const { stdout, delta, total, ...rest } = vector.options;
  const timestamp = 0n;
  if (call === "emitLog") {
    const stream = stdout ? ("stdout" as const) : undefined;
    client.emitLog(message, { ...rest, stream, timestamp });
  } else if (call === "emitCounter") {
    const amount = {
      ...(delta === undefined ? {} : { delta: BigInt(delta) }),
      ...(total === undefined ? {} : { total: BigInt(total) }),
    };
    client.emitCounter(name, { ...rest, ...amount, timestamp });
  } else {
    const gauge: GaugeMetrics = Object.fromEntries(
      metrics.map(({ name, value, unit }) => [name, { value: Number(value), unit }]),
    );
    client.emitGauge(gauge, { ...rest, timestamp });
  }
}

const enums: Record<string, Record<string, number>> = {
  eventType: Envelope_EventType,
  messageType: LogMessage_MessageType,
};

/** A v1 message as protojson writes it. */
function asJson(message: object): { valueMetric?: { name: string } } {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message) as [string, unknown][]) {
    if (value === undefined) {
      continue;
    }
    if (key === "tags") {
      if (Object.keys(value as V1Envelope["tags"]).length > 0) {
        json["tags"] = value;
      }
    } else if (value instanceof Uint8Array) {
      json[key] = Buffer.from(value).toString("base64");
    } else if (typeof value === "bigint") {
      json[key] = String(value);
    } else if (typeof value === "object") {
      json[key] = asJson(value as object);
    } else {
      const name = Object.entries(enums[key] ?? {}).find(([, number]) => number === value)?.[0];
      json[key] = name ?? value;
    }
  }
  return json;
}

function byName<T extends { valueMetric?: { name: string } }>(events: readonly T[]): T[] {
  const name = (event: T) => Buffer.from(event.valueMetric?.name ?? "");
  return events.toSorted((a, b) => Buffer.compare(name(a), name(b)));
}
