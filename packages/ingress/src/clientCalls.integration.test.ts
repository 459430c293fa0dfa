import { type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { Recorder } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { type ClientCallVector, clientCallVectors } from "@loggregator/testing/client-call-vectors";
import { expect, test } from "vitest";
import { startIngressServer } from "../testing/ingressServer.js";
import { IngressClient } from "./index.js";

// Makes each call of the test vectors on a client. The server must receive the envelope that
// go-loggregator sends for the same call.

test("every call of the test vectors arrives as the envelope that go-loggregator sends", async () => {
  const certificates = await createCertificates();
  const received = new Recorder<Envelope>();
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve(received.add),
  );
  {
    await using client = new IngressClient({
      address: server.address,
      tls: certificates.client,
      tags: { "client-tag": "from-client" },
    });
    for (const [index, vector] of clientCallVectors.entries()) {
      // Flushed after each call: events are sent in separate calls and would arrive out of order.
      await make(client, vector);
      await client.flush();
      await received.count(index + 1);
    }
  }
  expect(received.values.map(asJson)).toEqual(clientCallVectors.map(({ v2Json }) => v2Json));
});

async function make(client: IngressClient, vector: ClientCallVector): Promise<void> {
  const { stdout, delta, total, ...common } = vector.options;
  const options = { ...common, timestamp: 1n };
  switch (vector.call) {
    case "emitLog":
      return client.emitLog(vector.message ?? "", {
        ...options,
        ...(stdout && { stream: "stdout" as const }),
      });
    case "emitCounter":
      return client.emitCounter(vector.name ?? "", {
        ...options,
        delta: delta === undefined ? undefined : BigInt(delta),
        total: total === undefined ? undefined : BigInt(total),
      });
    case "emitGauge": {
      const metrics = (vector.metrics ?? []).map(({ name, unit, value }) => [
        name,
        { unit, value: Number(value) },
      ]);
      return client.emitGauge(Object.fromEntries(metrics), options);
    }
    case "emitTimer":
      return client.emitTimer(
        vector.name ?? "",
        BigInt(vector.start ?? ""),
        BigInt(vector.stop ?? ""),
        options,
      );
    case "emitEvent":
      return client.emitEvent(vector.title ?? "", vector.body ?? "", options);
  }
}

/** Returns an envelope in the form of the vectors: JSON without the timestamp. */
function asJson(envelope: Envelope): unknown {
  const { batch } = JSON.parse(formatEnvelopeBatch({ batch: [envelope] })) as {
    batch: Record<string, unknown>[];
  };
  const { timestamp, ...rest } = batch[0] ?? {};
  expect(timestamp).toBe("1");
  return rest;
}
