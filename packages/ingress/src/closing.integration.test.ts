import { once } from "node:events";
import { createServer } from "node:net";
import { Status } from "nice-grpc";
import { expect, test } from "vitest";
import { certificates, connect, unusedAddress } from "../testing/connect.js";
import { dropCounter } from "../testing/dropCounter.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import { type IngressClient, IngressError } from "./index.js";

test.for([
  ["UNKNOWN: EOF, as real servers do", (call: IngressCall) => call.end(Status.UNKNOWN, "EOF")],
  ["OK", (call: IngressCall) => call.acknowledge()],
] as const)("closeSend flushes, half-closes, and accepts the status %s", async ([, end]) => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call) => {
    await call.read((envelope) => received.push(numberOf(envelope)));
    end(call);
  });
  const client = connect(server.address, { flushIntervalMs: 60_000 });
  emitNumbers(client, 0, 250);
  await client.closeSend();
  expect(received).toEqual(range(0, 250));
  expect(client.stats).toEqual({ sent: 250, dropped: 0, queued: 0, reconnects: 0 });
  expect(server.sessions.size).toBeLessThanOrEqual(1);
});

test.for([
  [Status.UNAVAILABLE, "going away"],
  [Status.UNKNOWN, "something else"],
  [Status.RESOURCE_EXHAUSTED, ""],
] as const)(
  "closeSend rejects if the server ends the stream with status %i",
  async ([status, message]) => {
    await using server = await startIngressServer(certificates.server, async (call) => {
      await call.read();
      call.end(status, message);
    });
    const client = connect(server.address);
    emitNumbers(client, 0, 10);
    await expect(client.closeSend()).rejects.toMatchObject({
      name: "IngressError",
      message: expect.stringContaining(message),
      cause: expect.objectContaining({ code: status }),
    });
  },
);

test("closeSend rejects after closeTimeoutMs if the server does not end the stream", async () => {
  await using server = await startIngressServer(certificates.server, (call) => void call.read());
  const client = connect(server.address, { closeTimeoutMs: 150 });
  emitNumbers(client, 0, 10);
  await expect(client.closeSend()).rejects.toThrow(
    "close() timed out after 150 ms: all envelopes were sent, but the server did not end the stream",
  );
  expect(client.stats).toEqual({ sent: 10, dropped: 0, queued: 0, reconnects: 0 });
});

test("closeSend drops queued envelopes after closeTimeoutMs, and rejects with the last error", async () => {
  const { onDropped, reported } = dropCounter();
  const client = await new Promise<IngressClient>((resolve) => {
    const refused: IngressClient = connect(unusedAddress, {
      closeTimeoutMs: 50,
      onDropped,
      onRetryableError: () => resolve(refused),
    });
    emitNumbers(refused, 0, 10);
  });
  await expect(client.closeSend()).rejects.toMatchObject({
    name: "IngressError",
    message: expect.stringMatching(
      /^close\(\) timed out after 50 ms: 10 envelopes were still queued \(last error: .+\)$/,
    ),
    cause: expect.objectContaining({ name: "ConnectionError" }),
  });
  expect(client.stats).toMatchObject({ sent: 0, dropped: 10, queued: 0 });
  expect(reported()).toBe(10);
});

test("closeSend opens no connection if nothing was emitted", async () => {
  let connections = 0;
  const server = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`127.0.0.1:${(server.address() as { port: number }).port}`);
  await client.closeSend();
  await client.flush();
  expect(connections).toBe(0);
  server.close();
  await once(server, "close");
});

test("closeSend can be called more than once", async () => {
  let ends = 0;
  await using server = await startIngressServer(certificates.server, async (call) => {
    await call.serve();
    ends++;
  });
  const client = connect(server.address);
  emitNumbers(client, 0, 10);
  const closings = [client.closeSend(), client.closeSend(), client[Symbol.asyncDispose]()];
  await Promise.all(closings);
  await client.closeSend();
  expect(ends).toBe(1);
});

test("closeSend does not reconnect if nothing is queued", async () => {
  let calls = 0;
  await using server = await startIngressServer(certificates.server, async (call) => {
    calls++;
    call.stream.resume();
    await once(call.stream, "data");
    call.end(Status.UNAVAILABLE, "broken");
  });
  let failed = () => {};
  const failure = new Promise<void>((resolve) => {
    failed = resolve;
  });
  const client = connect(server.address, {
    retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
    onRetryableError: () => failed(),
  });
  emitNumbers(client, 0, 10);
  await failure;
  await client.closeSend();
  expect(calls).toBe(1);
});

test.for(["stream", "acknowledged"] as const)(
  "closeSend retries immediately instead of waiting for the backoff (%s)",
  async (delivery) => {
    const received: number[] = [];
    await using server = await startIngressServer(certificates.server, async (call, number) => {
      if (number === 0) {
        call.end(Status.UNAVAILABLE, "not yet");
      } else {
        await call.serve((envelope) => received.push(numberOf(envelope)));
      }
    });
    let failed = () => {};
    const failure = new Promise<void>((resolve) => {
      failed = resolve;
    });
    const client = connect(server.address, {
      delivery,
      retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
      onRetryableError: () => failed(),
    });
    emitNumbers(client, 0, 10);
    await failure;
    emitNumbers(client, 10, 10);
    await client.closeSend();
    expect(received.at(-1)).toBe(19);
    if (delivery === "acknowledged") {
      expect(received).toEqual(range(0, 20));
    }
  },
);

test("await using closes the client", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  let stats: unknown;
  {
    await using client = connect(server.address);
    emitNumbers(client, 0, 10);
    stats = () => client.stats;
  }
  expect(received).toEqual(range(0, 10));
  expect((stats as () => unknown)()).toMatchObject({ sent: 10 });
});

test.for(["stream", "acknowledged"] as const)(
  "envelopes emitted after close are dropped and reported, and nothing throws (%s)",
  async (delivery) => {
    await using server = await startIngressServer(certificates.server, (call) => call.serve());
    const { onDropped, reported } = dropCounter();
    const client = connect(server.address, { delivery, onDropped });
    emitNumbers(client, 0, 10);
    await client.closeSend();
    emitNumbers(client, 10, 5);
    client.emitCounter("c");
    client.emitGauge({ g: { value: 1, unit: "" } });
    client.emitTimer("t", 1n, 2n);
    client.emit({ timestamp: 1n } as never);
    expect(client.stats).toEqual({ sent: 10, dropped: 9, queued: 0, reconnects: 0 });
    await Promise.resolve();
    expect(reported()).toBe(9);
    await expect(client.emitEvent("t", "b")).rejects.toThrow(IngressError);
  },
);
