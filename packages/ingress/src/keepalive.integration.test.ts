import { setTimeout as sleep } from "node:timers/promises";
import { startEmulator } from "@loggregator/emulator";
import { Recorder } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { startIngressServer } from "../testing/ingressServer.js";
import { IngressClient } from "./index.js";

// The agent on port 3458 closes a connection at the fourth ping if pings arrive less than 5 minutes
// apart. These tests use 300 ms instead of 5 minutes.

test.for(["an idle stream", "a slow stream"])(
  "%s is pinged no more often than keepaliveIntervalMs, and by default not at all for 5 minutes",
  async (kind) => {
    const certificates = await createCertificates();
    const pings = new Map<string, number>();
    const received: number[] = [];
    await using server = await startIngressServer(
      certificates.server,
      (call) => call.serve((envelope) => received.push(numberOf(envelope))),
      {
        onSession: (session) => {
          const name = String(pings.size);
          pings.set(name, 0);
          session.on("ping", () => pings.set(name, (pings.get(name) ?? 0) + 1));
        },
      },
    );
    const options = { address: server.address, tls: certificates.client, flushIntervalMs: 5 };
    const byDefault = new IngressClient(options);
    emitNumbers(byDefault, 0, 1);
    await byDefault.flush();
    const client = new IngressClient({ ...options, keepaliveIntervalMs: 305 });
    const openedAt = performance.now();
    emitNumbers(client, 1, 1);
    await client.flush();
    let emitted = 2;
    while ((pings.get("1") ?? 0) < 5) {
      if (kind === "a slow stream") {
        emitNumbers(byDefault, emitted++, 1);
        emitNumbers(client, emitted++, 1);
      }
      await sleep(20);
    }
    const elapsedMs = performance.now() - openedAt;
    expect(pings.get("1")).toBeLessThanOrEqual(elapsedMs / 305);
    expect(pings.get("0")).toBe(0);
    expect([...pings.keys()]).toEqual(["0", "1"]);
    await Promise.all([byDefault.close(), client.close()]);
    expect(received.sort((a, b) => a - b)).toEqual(range(0, emitted));
  },
);

test("the emulator's agent closes a connection that is pinged too often", async () => {
  await using emulator = await startEmulator();
  const errors = new Recorder<Error>();
  const client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    keepaliveIntervalMs: 10,
    logger: null,
    onRetryableError: errors.add,
  });
  emitNumbers(client, 0, 1);
  await errors.count(1);
  await client.close().catch(() => {});
});
