import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { ClientError, Status } from "nice-grpc";
import { expect, test } from "vitest";
import { AgentProcesses } from "../testing/agentProcess.js";
import { certificates, connectAcknowledged as connect } from "../testing/connect.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { startIngressServer } from "../testing/ingressServer.js";

test("one call is in flight at a time, and everything due meanwhile is sent in the next one", async () => {
  const sizes: number[] = [];
  const received: number[] = [];
  let underWay = 0;
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    expect(call.path).toBe("/loggregator.v2.Ingress/Send");
    expect(++underWay).toBe(1);
    let size = 0;
    await call.read((envelope) => {
      received.push(numberOf(envelope));
      size++;
    });
    sizes.push(size);
    if (number === 0) {
      emitNumbers(client, 10, 235);
      expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 245, reconnects: 0 });
    }
    underWay--;
    call.acknowledge();
  });
  const client = connect(server.address);
  emitNumbers(client, 0, 10);
  await client.flush();
  await client.close();
  expect(client.stats).toEqual({ sent: 245, dropped: 0, queued: 0, reconnects: 0 });
  expect(received).toEqual(range(0, 245));
  expect(sizes[0]).toBe(10);
  expect(sizes.length).toBeLessThanOrEqual(3);
});

test("a call has at most 1 MiB, or one larger batch", async () => {
  const sizes: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call) => {
    let size = 0;
    await call.read(() => size++);
    sizes.push(size);
    call.acknowledge();
  });
  const client = connect(server.address, { batchMaxSize: 1 });
  emitNumbers(client, 0, 25, 100_000);
  emitNumbers(client, 25, 1, 2_000_000);
  emitNumbers(client, 26, 1);
  await client.close();
  expect(sizes).toEqual([10, 10, 5, 1, 1]);
});

test("keeps envelopes until the server is available", async () => {
  await using ingress = await reserveTcpPort();
  const errors: Error[] = [];
  let failedTwice = () => {};
  const twice = new Promise<void>((resolve) => {
    failedTwice = resolve;
  });
  const client = connect(ingress.address, {
    onRetryableError: (error) => {
      if (errors.push(error) === 2) {
        failedTwice();
      }
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

test("retries end after maxAttempts", async () => {
  await using server = await startIngressServer(certificates.server, (call) => {
    call.end(Status.UNAVAILABLE, "not now");
  });
  const attempts: number[] = [];
  const client = connect(server.address, {
    retry: { baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 },
    onRetryableError: (_error, attempt) => attempts.push(attempt),
  });
  emitNumbers(client, 0, 10);
  await expect(client.flush()).rejects.toMatchObject({
    name: "IngressError",
    cause: expect.objectContaining({ code: Status.UNAVAILABLE }),
  });
  expect(attempts).toEqual([1, 2, 3]);
  expect(client.stats).toEqual({ sent: 0, dropped: 10, queued: 0, reconnects: 3 });
  await expect(client.close()).rejects.toThrow("not now");
});

test("reconnects and resends if the server does not respond within stallTimeoutMs", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    if (number > 0) {
      await call.serve((envelope) => received.push(numberOf(envelope)));
    }
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

test("drops the oldest queued envelopes while a batch is in flight, and sent + dropped + queued adds up", async () => {
  const received: number[] = [];
  let answer = () => {};
  let begun = () => {};
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    await call.read((envelope) => received.push(numberOf(envelope)));
    if (number > 0) {
      return call.acknowledge();
    }
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

test("loses nothing and keeps the order when agents are killed and restarted", async () => {
  await using agents = await AgentProcesses.create(certificates, 4);
  await agents.start();
  const client = connect(agents.address);
  emitNumbers(client, 0, 3_000);
  for (const killAt of [500, 1_200, 2_000]) {
    while (client.stats.sent < killAt) {
      await new Promise(setImmediate);
    }
    await agents.kill();
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(3_000);
    await agents.start();
  }
  await client.closeSend();
  expect(client.stats).toMatchObject({ sent: 3_000, dropped: 0, queued: 0 });
  const received = await agents.received();
  // A batch that was sent again directly follows its first copy.
  const seen = new Set<number>();
  const firstTimes = received.filter((number) => !seen.has(number) && seen.add(number));
  expect(firstTimes).toEqual(range(0, 3_000));
  expect(received.length - firstTimes.length).toBeLessThanOrEqual(30);
});
