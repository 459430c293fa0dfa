import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { startEmulator } from "@loggregator/emulator";
import { Recorder, reserveTcpPort, TcpProxy } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { beforeAll, expect, test } from "vitest";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { startIngressServer } from "../testing/ingressServer.js";
import { IngressClient, type IngressClientOptions } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const rate = 2_000;

/** Creates a client with a backlog of 4,000 envelopes, then starts the server. */
async function endOutage(options: Partial<IngressClientOptions>) {
  await using port = await reserveTcpPort();
  const failures = new Recorder<Error>();
  const client = new IngressClient({
    address: port.address,
    tls: certificates.client,
    maxBacklogRate: rate,
    retry: { baseDelayMs: 10, maxDelayMs: 20 },
    closeTimeoutMs: 60_000,
    logger: null,
    onRetryableError: failures.add,
    ...options,
  });
  emitNumbers(client, 0, 4_000);
  await failures.count(2);
  const received: number[] = [];
  let firstAt = Number.NaN;
  const server = await startIngressServer(
    certificates.server,
    (call) =>
      call.serve((envelope) => {
        if (received.push(numberOf(envelope)) === 1) {
          firstAt = performance.now();
        }
      }),
    { port: port.port },
  );
  return { client, server, received, elapsedMs: () => performance.now() - firstAt };
}

// Concurrent, because these tests mostly wait.
test.concurrent.for(["stream", "acknowledged"] as const)(
  "the backlog of an outage is sent at maxBacklogRate, and later envelopes without limit (%s)",
  async (delivery) => {
    const { client, server, received, elapsedMs } = await endOutage({ delivery });
    await using _ = server;
    await client.flush();
    // 4,000 envelopes at 2,000 per second, except for the bursts at both ends.
    expect(elapsedMs()).toBeGreaterThan(1_500);
    const flushedAt = performance.now();
    emitNumbers(client, 4_000, 20_000);
    await client.flush();
    // At the backlog rate, this would take 10 s.
    expect(performance.now() - flushedAt).toBeLessThan(8_000);
    await client.close();
    expect(received).toEqual(range(0, 24_000));
  },
);

test.concurrent.for(["stream", "acknowledged"] as const)(
  "a client that closes sends its backlog within closeTimeoutMs (%s)",
  async (delivery) => {
    // At the backlog rate, this would take 40 s.
    const options = { delivery, maxBacklogRate: 100, closeTimeoutMs: 8_000 };
    const { client, server, received } = await endOutage(options);
    await using _ = server;
    await client.close();
    expect(client.stats).toMatchObject({ sent: 4_000, dropped: 0, queued: 0 });
    expect(received).toEqual(range(0, 4_000));
  },
);

test("maxBacklogRate: Infinity disables the limit", async () => {
  const { client, server, received, elapsedMs } = await endOutage({
    maxBacklogRate: Number.POSITIVE_INFINITY,
  });
  await using _ = server;
  await client.close();
  expect(received).toEqual(range(0, 4_000));
  expect(elapsedMs()).toBeLessThan(30_000);
});

test("behind a real router, a paced backlog arrives completely, and an unpaced one does not", async () => {
  await using emulator = await startEmulator({
    realism: "strict",
    logger: null,
    bufferSize: 50_000,
    tls: { authority: certificates.authority },
  });
  await using connector = new EnvelopeStreamConnector({
    address: emulator.egress.address,
    tls: emulator.tls.egress,
  });
  const received = new Map<string, number>();
  const reading = (async () => {
    for await (const batch of connector.stream({ selectors: [selectLog()] })) {
      for (const { sourceId } of batch) {
        received.set(sourceId, (received.get(sourceId) ?? 0) + 1);
      }
    }
  })();
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  for (const [sourceId, options] of [
    ["paced", {}],
    ["at once", { maxBacklogRate: Number.POSITIVE_INFINITY }],
  ] as const) {
    await using network = await TcpProxy.to(emulator.ingress.address);
    network.condition = { type: "refuse" };
    const before = emulator.stats.received;
    const client = new IngressClient({
      address: network.address,
      tls: certificates.client,
      // Calls of 1 MiB are bursts even on a busy machine.
      delivery: "acknowledged",
      retry: { baseDelayMs: 10, maxDelayMs: 20 },
      closeTimeoutMs: 60_000,
      logger: null,
      ...options,
    });
    for (let i = 0; i < 20_000; i++) {
      client.emitLog(String(i), { sourceId });
    }
    while (client.stats.reconnects < 2) {
      await new Promise(setImmediate);
    }
    network.thaw();
    await client.flush();
    await client.close();
    await emulator.until((stats) => stats.received - before === 20_000);
    await emulator.until(({ delivered, dropped }) => delivered + dropped >= before + 20_000);
  }
  await connector[Symbol.asyncDispose]();
  await reading;
  expect(received.get("paced")).toBe(20_000);
  expect(received.get("at once")).toBeLessThan(15_000);
});
