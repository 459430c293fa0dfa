import { getEventListeners, once } from "node:events";
import { createServer } from "node:net";
import type { GrpcTestServer } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import { IngressClient, type IngressClientOptions, IngressError } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const quick = { flushIntervalMs: 5, retry: { baseDelayMs: 10, maxDelayMs: 50 } };
const nobody = "127.0.0.1:1";

function connect(address: string, options: Partial<IngressClientOptions> = {}): IngressClient {
  return new IngressClient({
    address,
    tls: certificates.client,
    logger: null,
    ...quick,
    ...options,
  });
}

/** Adds up the counts passed to `onDropped`. */
function dropCounter(): { onDropped: (count: number) => void; reported: () => number } {
  let sum = 0;
  return {
    onDropped: (count) => {
      sum += count;
    },
    reported: () => sum,
  };
}

/** Resolves with the first call that a server gets. */
async function firstCall(): Promise<[GrpcTestServer, Promise<IngressCall>]> {
  let resolve: (call: IngressCall) => void = () => {};
  const call = new Promise<IngressCall>((resolveCall) => {
    resolve = resolveCall;
  });
  return [await startIngressServer(certificates.server, resolve), call];
}

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
  const begin = performance.now();
  await expect(client.closeSend()).rejects.toThrow(
    "close() timed out after 150 ms: all envelopes were sent, but the server did not end the stream",
  );
  // The default would be 5 s.
  expect(performance.now() - begin).toBeLessThan(4_000);
  expect(client.stats).toEqual({ sent: 10, dropped: 0, queued: 0, reconnects: 0 });
});

test("closeSend drops what is queued after closeTimeoutMs, and rejects with the last error", async () => {
  const { onDropped, reported } = dropCounter();
  const client = await new Promise<IngressClient>((resolve) => {
    const refused: IngressClient = connect(nobody, {
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
  "closeSend retries at once instead of waiting for the backoff (%s)",
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

test("an abort ends the client at once; queued envelopes are dropped and reported", async () => {
  const [server, call] = await firstCall();
  const abort = new AbortController();
  const { onDropped, reported } = dropCounter();
  const client = connect(server.address, {
    signal: abort.signal,
    maxQueueSize: 1_000,
    onDropped,
  });
  emitNumbers(client, 0, 1_000, 1_000);
  const { stream } = await call;
  const flushing = client.flush();
  abort.abort();
  const { sent } = client.stats;
  expect(client.stats).toEqual({ sent, dropped: 1_000 - sent, queued: 0, reconnects: 0 });
  client.emitLog("late");
  expect(client.stats.dropped).toBe(1_001 - sent);
  await expect(flushing).rejects.toThrow(IngressError);
  await expect(client.flush()).rejects.toThrow(IngressError);
  await client.closeSend();
  expect(reported()).toBe(1_001 - sent);
  if (!stream.closed) {
    await once(stream, "close");
  }
  await server.close();
});

test("a client with an aborted signal drops everything", async () => {
  const client = connect(nobody, { signal: AbortSignal.abort() });
  client.emitLog("hello");
  expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 0 });
  await client.closeSend();
});

test("closeSend rejects with the signal's reason if that aborts meanwhile", async () => {
  await using server = await startIngressServer(certificates.server, () => {});
  for (const address of [server.address, nobody]) {
    for (const delivery of ["stream", "acknowledged"] as const) {
      const abort = new AbortController();
      const client = connect(address, { signal: abort.signal, delivery });
      emitNumbers(client, 0, 100, 1_000);
      const closing = client.closeSend();
      await new Promise(setImmediate);
      const reason = new Error("enough");
      abort.abort(reason);
      await expect(closing).rejects.toMatchObject({ name: "IngressError", cause: reason });
      const { sent, dropped, queued } = client.stats;
      expect(sent + dropped + queued).toBe(100);
      expect(queued).toBe(0);
    }
  }
});

test("the counts add up after an abort at any time", async () => {
  await using server = await startIngressServer(certificates.server, (call) => call.serve());
  for (const delivery of ["stream", "acknowledged"] as const) {
    for (let turns = 0; turns < 60; turns += 3) {
      const abort = new AbortController();
      const { onDropped, reported } = dropCounter();
      const client = connect(server.address, {
        signal: abort.signal,
        delivery,
        batchMaxSize: 3,
        flushIntervalMs: 1,
        onDropped,
      });
      emitNumbers(client, 0, 100);
      for (let turn = 0; turn < turns; turn++) {
        await new Promise(setImmediate);
      }
      abort.abort();
      const { sent, dropped, queued } = client.stats;
      expect(sent + dropped + queued).toBe(100);
      await client.closeSend();
      expect(client.stats.sent + client.stats.dropped).toBe(100);
      expect(client.stats.queued).toBe(0);
      expect(reported()).toBe(client.stats.dropped);
    }
  }
});

test("flush waits until everything is sent; its signal ends only the wait", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const waiting = connect(nobody, { closeTimeoutMs: 50 });
  emitNumbers(waiting, 0, 1);
  await expect(waiting.flush({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect(waiting.stats).toMatchObject({ queued: 1 });
  await expect(waiting.flush({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: "AbortError",
  });
  await using client = connect(server.address, { flushIntervalMs: 60_000 });
  await client.flush();
  emitNumbers(client, 0, 10);
  const flushes = [client.flush(), client.flush()];
  emitNumbers(client, 10, 10);
  await Promise.all(flushes);
  expect(client.stats).toMatchObject({ sent: 10, queued: 10 });
  const flushing = client.flush();
  await client.closeSend();
  await flushing;
  expect(received).toEqual(range(0, 20));
  const failing = waiting.flush();
  const closing = waiting.closeSend();
  await expect(failing).rejects.toThrow(IngressError);
  await expect(closing).rejects.toThrow(IngressError);
});

test("no listeners accumulate on the signals", async () => {
  await using server = await startIngressServer(certificates.server, (call) => call.serve());
  const lifetime = new AbortController();
  const perCall = new AbortController();
  const client = connect(server.address, { signal: lifetime.signal, batchMaxSize: 1 });
  for (let i = 0; i < 20; i++) {
    emitNumbers(client, i, 5);
    await client.emitEvent("title", "body", { signal: perCall.signal });
    await client.flush({ signal: perCall.signal });
  }
  expect(getEventListeners(lifetime.signal, "abort")).toHaveLength(1);
  expect(getEventListeners(perCall.signal, "abort")).toHaveLength(0);
  await client.closeSend();
  expect(getEventListeners(lifetime.signal, "abort")).toHaveLength(0);
});

test("exceptions of callbacks and loggers do not end the client", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    if (number === 0) {
      call.end(Status.UNAVAILABLE, "not yet");
    } else {
      await call.serve((envelope) => received.push(numberOf(envelope)));
    }
  });
  const fail = () => {
    throw new Error("from a callback");
  };
  const client = connect(server.address, {
    maxQueueSize: 10,
    onDropped: fail,
    onRetryableError: fail,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
  });
  emitNumbers(client, 0, 20);
  while (client.stats.reconnects === 0) {
    await new Promise(setImmediate);
  }
  emitNumbers(client, 20, 10);
  await client.closeSend();
  expect(received.at(-1)).toBe(29);
});
