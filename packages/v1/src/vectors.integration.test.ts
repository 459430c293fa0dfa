import type { GaugeMetrics } from "@loggregator/api";
import { decodeEvent } from "@loggregator/api/v1";
import { UdpListener } from "@loggregator/testing";
import { type ClientCallVector, clientCallVectors } from "@loggregator/testing/client-call-vectors";
import { byMetricName, eventJson } from "@loggregator/testing/event-json";
import { expect, test } from "vitest";
import { V1Client } from "./index.js";

// Compares with the datagrams of go-loggregator's v1 client for hundreds of calls.

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
    expect(events.toSorted(byMetricName).map(eventJson)).toEqual(expected.toSorted(byMetricName));
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
