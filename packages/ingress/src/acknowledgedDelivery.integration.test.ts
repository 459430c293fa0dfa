import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { ClientError, Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { AgentProcesses } from "../testing/agentProcess.js";
import { type Certificates, createCertificates } from "../testing/certificates.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { GrpcServer } from "../testing/grpcServer.js";
import { IngressClient, type IngressClientOptions } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

function connect(address: string, options: Partial<IngressClientOptions> = {}): IngressClient {
  return new IngressClient({
    address,
    tls: certificates.client,
    delivery: "acknowledged",
    batchMaxSize: 10,
    flushIntervalMs: 5,
    retryBaseDelayMs: 10,
    retryMaxDelayMs: 50,
    ...options,
  });
}

test("each batch is a call of its own, counted as sent when it is acknowledged", async () => {
  const sizes: number[] = [];
  await using server = await GrpcServer.start(certificates.server, async (call) => {
    expect(call.path).toBe("/loggregator.v2.Ingress/Send");
    let size = 0;
    await call.read(() => size++);
    sizes.push(size);
    expect(client.stats).toMatchObject({ sent: (sizes.length - 1) * 10, dropped: 0 });
    call.acknowledge();
  });
  const client = connect(server.address);
  emitNumbers(client, 0, 25);
  await client.flush();
  expect(client.stats).toEqual({ sent: 25, dropped: 0, queued: 0, reconnects: 0 });
  await client.closeSend();
  expect(sizes).toEqual([10, 10, 5]);
});

test("it waits for a server that is not there yet", async () => {
  await using ingress = await reserveTcpPort();
  const errors: Error[] = [];
  let told = () => {};
  const twice = new Promise<void>((resolve) => {
    told = resolve;
  });
  const client = connect(ingress.address, {
    onRetryableError: (error) => {
      if (errors.push(error) === 2) told();
    },
  });
  emitNumbers(client, 0, 25);
  await twice;
  expect(client.stats).toMatchObject({ sent: 0, dropped: 0, queued: 25 });
  const received: number[] = [];
  await using _ = await startEmulator({
    ingress: { address: ingress.address },
    tls: { authority: certificates.authority },
    onEnvelope: (envelope) => received.push(numberOf(envelope)),
  });
  await client.closeSend();
  expect(received).toEqual(range(0, 25));
  expect(errors[0]).toMatchObject({ name: "ConnectionError", code: Status.UNAVAILABLE });
});

test.for([
  Status.CANCELLED,
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
])("a batch that the server answers with status %i is sent again, in its place", async (status) => {
  const received: number[] = [];
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    const batch: number[] = [];
    await call.read((envelope) => batch.push(numberOf(envelope)));
    if (number === 1 || number === 2) return call.end(status, "not now");
    received.push(...batch);
    call.acknowledge();
  });
  const errors: Error[] = [];
  const client = connect(server.address, { onRetryableError: (error) => errors.push(error) });
  emitNumbers(client, 0, 30);
  await client.closeSend();
  expect(received).toEqual(range(0, 30));
  expect(errors).toEqual([
    expect.objectContaining({ code: status }),
    expect.objectContaining({ code: status }),
  ]);
  expect(client.stats).toEqual({ sent: 30, dropped: 0, queued: 0, reconnects: 2 });
});

test("a server without acknowledged calls ends it, with an error that says what to do", async () => {
  await using server = await GrpcServer.start(certificates.server, async (call) => {
    call.end(Status.UNIMPLEMENTED, "method Send not implemented");
  });
  const dropped: number[] = [];
  const logged: string[] = [];
  const client = connect(server.address, {
    onDropped: (count) => dropped.push(count),
    logger: { ...console, debug: () => {}, warn: () => {}, error: (text) => logged.push(text) },
  });
  emitNumbers(client, 0, 25);
  const expected = {
    name: "IngressError",
    message: expect.stringMatching(/UNIMPLEMENTED.*use delivery "stream"/),
    cause: expect.objectContaining({ code: Status.UNIMPLEMENTED }),
  };
  await expect(client.flush()).rejects.toMatchObject(expected);
  client.emitLog("late");
  await expect(client.closeSend()).rejects.toMatchObject(expected);
  expect(client.stats).toEqual({ sent: 0, dropped: 26, queued: 0, reconnects: 0 });
  expect(dropped.reduce((sum, count) => sum + count)).toBe(26);
  expect(logged).toEqual([expect.stringContaining('use delivery "stream"')]);
});

test("a server that never answers is given up after the stall timeout, and the batch sent again", async () => {
  const received: number[] = [];
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    if (number > 0) await call.serve((envelope) => received.push(numberOf(envelope)));
  });
  const errors: Error[] = [];
  const client = connect(server.address, {
    stallTimeoutMs: 100,
    onRetryableError: (error) => errors.push(error),
  });
  emitNumbers(client, 0, 20);
  await client.closeSend();
  expect(received).toEqual(range(0, 20));
  expect(errors).toEqual([expect.objectContaining({ name: "StallError" })]);
  expect(errors[0]).toBeInstanceOf(ClientError);
});

test("while a batch is under way the oldest behind it are dropped, and the invariant holds", async () => {
  const received: number[] = [];
  let answer = () => {};
  let begun = () => {};
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    await call.read((envelope) => received.push(numberOf(envelope)));
    if (number > 0) return call.acknowledge();
    answer = () => call.acknowledge();
    begun();
  });
  const client = connect(server.address, { maxQueueSize: 15 });
  emitNumbers(client, 0, 10);
  await first;
  for (let i = 10; i < 100; i++) {
    emitNumbers(client, i, 1);
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(i + 1);
    expect(queued).toBeLessThanOrEqual(15);
  }
  answer();
  await client.closeSend();
  expect(received).toEqual([...range(0, 10), ...range(95, 100)]);
});

test("nothing is missing and the order is kept when agents are killed and started again", async () => {
  await using agents = await AgentProcesses.create(certificates, 4);
  await agents.start();
  const client = connect(agents.address);
  emitNumbers(client, 0, 3_000);
  for (const killAt of [500, 1_200, 2_000]) {
    while (client.stats.sent < killAt) await new Promise(setImmediate);
    await agents.kill();
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(3_000);
    await agents.start();
  }
  await client.closeSend();
  expect(client.stats).toMatchObject({ sent: 3_000, dropped: 0, queued: 0 });
  const received = await agents.received();
  // Each batch that was sent again follows upon itself.
  const seen = new Set<number>();
  const firstTimes = received.filter((number) => !seen.has(number) && seen.add(number));
  expect(firstTimes).toEqual(range(0, 3_000));
  expect(received.length - firstTimes.length).toBeLessThanOrEqual(30);
});
