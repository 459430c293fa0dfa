import { once } from "node:events";
import type { Envelope } from "@loggregator/api";
import { collectGarbage, Recorder } from "@loggregator/testing";
import { ClientError, Status } from "nice-grpc";
import { expect, test, vi } from "vitest";
import { AgentProcesses } from "../testing/agentProcess.js";
import { certificates, connect } from "../testing/connect.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import type { IngressClient } from "./index.js";

/** Resolves once the server has a call and no more is sent, because its windows are full. */
async function untilStalled(client: IngressClient, calls: Recorder<IngressCall>): Promise<void> {
  await calls.next();
  let before = -1;
  let same = 0;
  await vi.waitFor(
    () => {
      const { sent } = client.stats;
      same = sent === before ? same + 1 : 0;
      before = sent;
      // On a busy machine, data may still be on its way.
      if (same < 5) {
        throw new Error("the client is still sending");
      }
    },
    { interval: 100, timeout: 60_000 },
  );
}

/** Records the number of envelopes sent before each failure. */
function recordSent(client: () => IngressClient) {
  const sent: number[] = [];
  return { sent, onRetryableError: () => void sent.push(client().stats.sent) };
}

/** Returns the size of all live buffers in bytes, after a garbage collection. */
function bytesInBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

test("sends batches that are full or older than the flush interval", async () => {
  const batches = new Map<readonly Envelope[], number[]>();
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope, batch) => {
      batches.set(batch, [...(batches.get(batch) ?? []), numberOf(envelope)]);
    }),
  );
  const client = connect(server.address, { batchMaxSize: 10 });
  emitNumbers(client, 0, 25);
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 25, reconnects: 0 });
  await vi.waitFor(() => expect(batches.size).toBe(3), {
    interval: 5,
    timeout: 60_000,
  });
  expect(client.stats).toEqual({ sent: 25, dropped: 0, queued: 0, reconnects: 0 });
  await client.closeSend();
  expect([...batches.values()]).toEqual([range(0, 10), range(10, 20), range(20, 25)]);
});

test("a server that never reads receives at most its window, and memory stays bounded", async () => {
  const calls = new Recorder<IngressCall>();
  await using server = await startIngressServer(certificates.server, calls.add);
  let reported = 0;
  const client = connect(server.address, {
    maxQueueSize: 1_000,
    closeTimeoutMs: 200,
    onDropped: (count) => {
      reported += count;
    },
  });
  emitNumbers(client, 0, 1_000, 1_024);
  await untilStalled(client, calls);
  const before = bytesInBuffers();
  let emitted = 1_000;
  for (let round = 0; round < 50; round++) {
    emitNumbers(client, emitted, 1_000, 1_024);
    emitted += 1_000;
    await new Promise(setImmediate);
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(emitted);
  }
  // 50 MiB were emitted, of which the queue holds 1 MiB.
  await vi.waitFor(() => expect(bytesInBuffers() - before).toBeLessThan(3 * 1024 * 1024), {
    timeout: 60_000,
  });
  const { sent, dropped, queued } = client.stats;
  expect(sent).toBeLessThan(500);
  expect(queued).toBe(1_000);
  await expect(client.closeSend()).rejects.toMatchObject({
    name: "IngressError",
    message: expect.stringMatching(/^close\(\) timed out after 200 ms: 1000 envelopes were still/),
  });
  expect(client.stats).toEqual({ sent, dropped: dropped + queued, queued: 0, reconnects: 0 });
  expect(reported).toBe(dropped + queued);
});

test("envelopes that a broken stream has not sent are sent first on the next one, in order and once", async () => {
  const received: number[] = [];
  const calls = new Recorder<IngressCall>();
  await using server = await startIngressServer(certificates.server, (call, number) => {
    calls.add(call);
    if (number > 0) {
      call.serve((envelope) => received.push(numberOf(envelope)));
    }
  });
  const { sent, onRetryableError } = recordSent(() => client);
  const client = connect(server.address, { batchMaxSize: 1, onRetryableError });
  emitNumbers(client, 0, 20, 20_000);
  await untilStalled(client, calls);
  server.disconnect();
  await client.closeSend();
  // HTTP/2's window of a stream has room for three.
  expect(sent).toEqual([3]);
  expect(received).toEqual(range(3, 20));
  expect(client.stats).toEqual({ sent: 20, dropped: 0, queued: 0, reconnects: 1 });
});

test.for([
  ["the server resets the stream", (call: IngressCall) => call.stream.close(8)],
  ["the server ends the call early", (call: IngressCall) => call.end(Status.UNAVAILABLE, "no")],
  ["the server drops the connection", (call: IngressCall) => call.stream.session?.destroy()],
] as const)(
  "when %s without reading, only envelopes within its window are lost",
  async ([, destroy]) => {
    const received: number[] = [];
    const calls = new Recorder<IngressCall>();
    await using server = await startIngressServer(certificates.server, (call, number) => {
      calls.add(call);
      if (number > 1) {
        call.serve((envelope) => received.push(numberOf(envelope)));
      }
    });
    const record = recordSent(() => client);
    const client = connect(server.address, {
      batchMaxSize: 1,
      onRetryableError: record.onRetryableError,
    });
    emitNumbers(client, 0, 100, 20_000);
    for (let i = 0; i < 2; i++) {
      await untilStalled(client, calls);
      const { sent, dropped, queued } = client.stats;
      expect(sent + dropped + queued).toBe(100);
      destroy(calls.values[i] as IngressCall);
    }
    await client.closeSend();
    // HTTP/2's window of a stream has room for three.
    expect(record.sent).toEqual([3, 6]);
    expect(received).toEqual(range(6, 100));
    expect(client.stats).toMatchObject({ sent: 100, reconnects: 2 });
  },
);

test("reconnects with a StallError if the server does not read for stallTimeoutMs", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call, number) => {
    if (number > 0) {
      call.serve((envelope) => received.push(numberOf(envelope)));
    }
  });
  const errors: Error[] = [];
  let sent = 0;
  const client = connect(server.address, {
    batchMaxSize: 1,
    stallTimeoutMs: 100,
    onRetryableError: (error) => {
      errors.push(error);
      sent = client.stats.sent;
    },
  });
  emitNumbers(client, 0, 20, 20_000);
  await client.flush();
  await client.closeSend();
  expect(received).toEqual(range(sent, 20));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toBeInstanceOf(ClientError);
  expect(errors[0]).toMatchObject({ name: "StallError", code: Status.DEADLINE_EXCEEDED });
  expect(errors[0]?.message).toMatch(
    /^127\.0\.0\.1:\d+: the server neither read nor answered for 100 ms$/,
  );
  expect(errors[0]?.stack).toMatch(`StallError: ${errors[0]?.message}\n`);
});

test("loses nothing when the server announces its shutdown with GOAWAY", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const client = connect(server.address, { batchMaxSize: 10 });
  let emitted = 0;
  for (let round = 0; round < 5; round++) {
    emitNumbers(client, emitted, 1_000);
    emitted += 1_000;
    await client.flush();
    const [session] = server.sessions;
    session?.goaway();
    emitNumbers(client, emitted, 1_000);
    emitted += 1_000;
    if (session !== undefined) {
      await once(session, "close");
    }
  }
  await client.closeSend();
  expect(received).toEqual(range(0, emitted));
  expect(client.stats).toMatchObject({ sent: emitted, dropped: 0 });
});

test("retries if the server sends GOAWAY as its first frame", async () => {
  const received: number[] = [];
  let connections = 0;
  await using server = await startIngressServer(
    certificates.server,
    (call) => call.serve((envelope) => received.push(numberOf(envelope))),
    {
      onSession: (session) => {
        if (connections++ < 3) {
          session.goaway();
        }
      },
    },
  );
  const client = connect(server.address);
  emitNumbers(client, 0, 100);
  await client.closeSend();
  expect(connections).toBe(4);
  expect(received).toEqual(range(0, 100));
});

test("a logger that logs through the client does not cause an endless loop", async () => {
  let warnings = 0;
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (message: string) => {
      warnings++;
      client.emitLog(message);
    },
    error: () => {},
  };
  const abort = new AbortController();
  const client = connect("127.0.0.1:1", { maxQueueSize: 1, logger, signal: abort.signal });
  emitNumbers(client, 0, 2);
  for (let turn = 0; turn < 100; turn++) {
    await new Promise(setImmediate);
  }
  abort.abort();
  client.emitLog("refused");
  await new Promise(setImmediate);
  // An endless loop would log once per turn of the event loop.
  expect(warnings).toBeLessThan(100);
});

test("when agents are killed and restarted, only what was in flight is lost, and nothing arrives twice", async () => {
  await using agents = await AgentProcesses.create(certificates, 4);
  await agents.start();
  const client = connect(agents.address);
  let emitted = 0;
  const emit = (count: number) => {
    emitNumbers(client, emitted, count);
    emitted += count;
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(emitted);
  };
  for (const killAt of [3_000, 9_000, 15_000]) {
    while (client.stats.sent < killAt) {
      // A full queue would drop envelopes.
      if (client.stats.queued < 50_000) {
        emit(100);
      }
      await new Promise(setImmediate);
    }
    const killed = agents.kill();
    emit(1_000);
    await killed;
    emit(1_000);
    await agents.start();
    await client.flush();
  }
  await client.closeSend();
  expect(client.stats).toMatchObject({ sent: emitted, dropped: 0, queued: 0 });
  const received = await agents.received();
  expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
  expect(received.at(-1)).toBe(emitted - 1);
  // Each killed agent may cause one gap.
  const gaps = received.filter((number, i) => i > 0 && number !== (received[i - 1] ?? 0) + 1);
  expect(gaps.length).toBeLessThanOrEqual(3);
});
