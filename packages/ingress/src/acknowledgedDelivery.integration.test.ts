import { type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { ClientError, Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { AgentProcesses } from "../testing/agentProcess.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import { IngressClient, type IngressClientOptions } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

function connect(address: string, options: Partial<IngressClientOptions> = {}): IngressClient {
  return new IngressClient({
    address,
    tls: certificates.client,
    logger: null,
    delivery: "acknowledged",
    batchMaxSize: 10,
    flushIntervalMs: 5,
    retry: { baseDelayMs: 10, maxDelayMs: 50 },
    ...options,
  });
}

test("one call is under way at a time, and everything due meanwhile goes into the next one", async () => {
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

/** No retry can mend these. */
const finalStatuses = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];
const statuses = Object.values(Status).filter((status) => typeof status === "number");

test.for(statuses.filter((status) => status !== Status.OK && !finalStatuses.includes(status)))(
  "a batch rejected with status %i is retried, and the order is kept",
  async (status) => {
    const received: number[] = [];
    await using server = await startIngressServer(certificates.server, async (call, number) => {
      const batch: number[] = [];
      await call.read((envelope) => batch.push(numberOf(envelope)));
      if (number < 2) {
        return call.end(status, "not now");
      }
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
  },
);

test.for(finalStatuses)("status %i from the server ends the client", async (status) => {
  await using server = await startIngressServer(certificates.server, (call) => {
    call.end(status, "never");
  });
  const client = connect(server.address);
  emitNumbers(client, 0, 10);
  await expect(client.flush()).rejects.toMatchObject({
    name: "IngressError",
    message: expect.stringContaining("never"),
    cause: expect.objectContaining({ code: status }),
  });
  expect(client.stats).toEqual({ sent: 0, dropped: 10, queued: 0, reconnects: 0 });
  await expect(client.close()).rejects.toThrow("never");
});

/** Answers of what is between the client and the agent, and of broken servers. */
const foreignAnswers: Record<string, (call: IngressCall) => void> = {
  "HTTP 404": ({ stream }) => stream.respond({ ":status": 404 }, { endStream: true }),
  "HTTP 401": ({ stream }) => stream.respond({ ":status": 401 }, { endStream: true }),
  "HTTP 403": ({ stream }) => stream.respond({ ":status": 403 }, { endStream: true }),
  "an HTML page": ({ stream }) => {
    stream.respond({ ":status": 404, "content-type": "text/html" });
    stream.end("<h1>no such route</h1>");
  },
  "no status": ({ stream }) =>
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { endStream: true }),
  "an unknown status": (call) => call.end(99 as Status, "what"),
  "a malformed status": ({ stream }) =>
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-status": "many" },
      { endStream: true },
    ),
  "OK without a message": (call) => call.end(Status.OK),
  "a response that is cut off": ({ stream }) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from("00000000ff01", "hex"));
  },
  "an unknown encoding": ({ stream }) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "snail" },
      { waitForTrailers: true },
    );
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from("010000000100", "hex"));
  },
};

test.for(Object.entries(foreignAnswers))("retries if the answer is %s", async ([, answer]) => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    const batch: number[] = [];
    await call.read((envelope) => batch.push(numberOf(envelope)));
    if (number < 2) {
      return answer(call);
    }
    received.push(...batch);
    call.acknowledge();
  });
  const errors: Error[] = [];
  const client = connect(server.address, {
    logger: null,
    onRetryableError: (error, attempt, delayMs) => {
      errors.push(error);
      expect(attempt).toBe(errors.length);
      expect(delayMs).toBeGreaterThan(0);
    },
  });
  emitNumbers(client, 0, 30);
  await client.close();
  expect(received).toEqual(range(0, 30));
  expect(errors).toEqual([expect.any(ClientError), expect.any(ClientError)]);
});

test("a batch that is too large for the server is split, and an envelope that is too large is dropped", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call) => {
    const batch: Envelope[] = [];
    await call.read((envelope) => batch.push(envelope));
    const { length } = encodeEnvelopeBatch({ batch });
    if (length > 5_000) {
      const message = `grpc: received message larger than max (${length} vs. 5000)`;
      return call.end(Status.RESOURCE_EXHAUSTED, message);
    }
    received.push(...batch.map(numberOf));
    call.acknowledge();
  });
  const dropped: number[] = [];
  const client = connect(server.address, {
    onDropped: (count) => dropped.push(count),
  });
  emitNumbers(client, 0, 50, 1_000);
  emitNumbers(client, 50, 1, 6_000);
  emitNumbers(client, 51, 50, 1_000);
  await client.flush();
  expect(client.stats).toEqual({ sent: 100, dropped: 1, queued: 0, reconnects: 0 });
  emitNumbers(client, 101, 100);
  await client.close();
  expect(received).toEqual([...range(0, 50), ...range(51, 201)]);
  expect(dropped).toEqual([1]);
});

test("an envelope that the server cannot parse is dropped, and those around it arrive", async () => {
  await using agent = await startIngressServer(certificates.server, async (call) => {
    const batch: number[] = [];
    await call.read((envelope) => batch.push(numberOf(envelope)));
    if (batch.includes(7)) {
      return call.end(
        Status.INTERNAL,
        "grpc: error unmarshalling request: proto: invalid wire-format",
      );
    }
    call.acknowledge();
  });
  const client = connect(agent.address);
  emitNumbers(client, 0, 20);
  await client.close();
  expect(client.stats).toEqual({ sent: 19, dropped: 1, queued: 0, reconnects: 0 });
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

test('a server without acknowledged calls ends the client with an error that suggests delivery "stream"', async () => {
  await using server = await startIngressServer(certificates.server, async (call) => {
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

test("reconnects and resends if the server does not answer within stallTimeoutMs", async () => {
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
  // Each batch that was sent again follows upon itself.
  const seen = new Set<number>();
  const firstTimes = received.filter((number) => !seen.has(number) && seen.add(number));
  expect(firstTimes).toEqual(range(0, 3_000));
  expect(received.length - firstTimes.length).toBeLessThanOrEqual(30);
});
