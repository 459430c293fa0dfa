import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type Envelope, logEnvelope } from "@loggregator/api";
import { createCertificateAuthority, startEmulator } from "@loggregator/emulator";
import { Recorder, reserveTcpPort, TcpProxy } from "@loggregator/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { answer, finish, RawServer } from "../testing/rawServer.js";
import { batch, logs, Reading } from "../testing/reading.js";
import {
  EgressError,
  EnvelopeStreamConnector,
  type EnvelopeStreamConnectorOptions,
  Status,
} from "./index.js";

test("reconnects after the server is killed under load, 20 times", async () => {
  const authority = await createCertificateAuthority();
  const ca = authority.certificate;
  const [server, client] = await Promise.all([
    authority.issue({ commonName: "reverselogproxy" }),
    authority.issue({ commonName: "a client" }),
  ]);
  const tls = { ca, ...server };
  const children: ChildProcess[] = [];
  // The next server process is started before the current one is killed.
  const spawn = () => {
    const child = fork(new URL("../testing/feedingServer.mjs", import.meta.url), {
      stdio: "inherit",
    });
    children.push(child);
    return child;
  };
  // While no server listens, no other process may get the port.
  await using port = await reserveTcpPort();
  const { address } = port;
  const listen = async (child: ChildProcess, life: number): Promise<void> => {
    child.send({ life: `${life}`, address, tls });
    const ended = once(child, "exit").then(([code]) => [`it ended with ${code}`]);
    const [listening] = await Promise.race([once(child, "message"), ended]);
    expect(listening).toBe(address);
  };

  await using _ = {
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        child.kill("SIGKILL");
      }
    },
  };
  let child = spawn();
  let next = spawn();
  await listen(child, 0);
  await using reading = new Reading({ address, tls: { ca, ...client } });
  const { batches, failures } = reading;
  const lifeOf = (batch: Envelope[] | undefined) => Number(batch?.[0]?.sourceId);
  for (let life = 0; life <= 20; life++) {
    const failed = failures.values.length;
    await batches.until((all) => lifeOf(all.at(-1)) === life && lifeOf(all.at(-5)) === life);
    // Data has arrived, so the backoff was reset, and nothing has failed since.
    expect(failures.values.length).toBe(failed);
    if (life === 20) {
      break;
    }
    child.kill("SIGKILL");
    await failures.until(({ length }) => length >= failed + 1 + (life % 3));
    child = next;
    next = spawn();
    await listen(child, life + 1);
    await batches.until((all) => lifeOf(all.at(-1)) === life + 1);
    failures.values.slice(failed).forEach(({ error, attempt, delayMs }, index) => {
      expect(error).toMatchObject({ code: Status.UNAVAILABLE });
      expect(attempt).toBe(index + 1);
      expect(delayMs).toBeGreaterThanOrEqual(25 * 2 ** index);
      expect(delayMs).toBeLessThanOrEqual(50 * 2 ** index);
    });
  }

  // The envelopes of each server process are in order, without duplicates or gaps.
  let last: Envelope | undefined;
  for (const envelope of batches.values.flat()) {
    if (envelope.sourceId === last?.sourceId) {
      expect(envelope.timestamp).toBe(last.timestamp + 1n);
    } else {
      expect(Number(envelope.sourceId)).toBe(Number(last?.sourceId ?? -1) + 1);
      expect(envelope.timestamp).toBe(0n);
    }
    last = envelope;
  }
});

test("reopens the stream when the server ends it with OK", async () => {
  let calls = 0;
  await using server = await RawServer.start((call) => {
    calls++;
    answer(call);
    call.write(batch);
    if (calls < 4) {
      finish(call, Status.OK);
    }
  });
  await using reading = new Reading(server.options);
  await reading.batches.count(4);
  expect(reading.failures.values).toMatchObject(
    Array.from({ length: 3 }, () => ({
      error: { code: Status.UNAVAILABLE, details: "the server ended the stream" },
      attempt: 1,
    })),
  );
});

describe.each([{}, { buffer: { size: 10 } }])("with %o", (options) => {
  test.each([
    Status.INVALID_ARGUMENT,
    Status.UNAUTHENTICATED,
    Status.PERMISSION_DENIED,
    Status.UNIMPLEMENTED,
  ])(
    "status %i ends the iteration with an EgressError, after the batches received before",
    async (status) => {
      let calls = 0;
      await using server = await RawServer.start((call) => {
        calls++;
        answer(call);
        call.write(batch);
        finish(call, status, "that is how it is");
      });
      await using reading = new Reading({ ...server.options, ...options });
      const error = await reading.ended;
      expect(error).toBeInstanceOf(EgressError);
      expect(error).toMatchObject({
        name: "EgressError",
        code: status,
        details: "that is how it is",
        path: "/loggregator.v2.Egress/BatchedReceiver",
        message: `${server.address}: the stream failed with ${Status[status]}: that is how it is`,
        cause: { name: "ClientError", code: status },
      });
      expect(reading.batches.values).toHaveLength(1);
      expect(reading.failures.values).toEqual([]);
      expect(calls).toBe(1);
    },
  );

  test("a request without selectors ends with the server's status", async () => {
    await using emulator = await startEmulator();
    const connector = new EnvelopeStreamConnector({
      address: emulator.egress.address,
      tls: emulator.tls.egress,
      ...options,
    });
    await expect(connector.stream({ selectors: [] }).next()).rejects.toMatchObject({
      name: "EgressError",
      code: Status.INVALID_ARGUMENT,
      details: "Selectors cannot be empty",
    });
  });
});

test("retries after a temporary status, and gives up after maxAttempts", async () => {
  await using server = await RawServer.start((call) => finish(call, Status.RESOURCE_EXHAUSTED));
  await using reading = new Reading({ ...server.options, retry: { maxAttempts: 3 } });
  expect(await reading.ended).toMatchObject({
    name: "EgressError",
    code: Status.RESOURCE_EXHAUSTED,
  });
  expect(reading.failures.values.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("continues after a callback throws or a message is malformed", async () => {
  let calls = 0;
  await using server = await RawServer.start((call) => {
    answer(call);
    call.write(calls++ === 0 ? Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]) : batch);
  });
  const errors = new Recorder<string>();
  const silent = () => {};
  const stream = new EnvelopeStreamConnector({
    ...server.options,
    onRetryableError: ({ message }) => {
      throw new Error(`cannot handle ${message}`);
    },
    logger: { debug: silent, info: silent, warn: silent, error: errors.add },
  }).stream(logs);
  expect((await stream.next()).value).toHaveLength(1);
  expect(errors.values).toEqual([
    expect.stringMatching(/^onRetryableError failed: Error: cannot handle .* INTERNAL: .*parsing/),
  ]);
  await stream.return?.();
});

test("calls tls for each new connection, not for each stream", async () => {
  await using emulator = await startEmulator();
  await using proxy = await TcpProxy.to(emulator.egress.address);
  let asked = 0;
  const options: EnvelopeStreamConnectorOptions = {
    address: proxy.address,
    tls: async () => {
      asked++;
      return emulator.tls.egress;
    },
  };
  await using connector = new EnvelopeStreamConnector(options);
  const reads = Array.from({ length: 20 }, () => connector.stream(logs).next());
  for (const connections of [1, 2, 3]) {
    await emulator.until(({ egressStreams }) => egressStreams === 20);
    expect([asked, proxy.accepted]).toEqual([connections, connections]);
    proxy.cut();
    await emulator.until(({ egressStreams }) => egressStreams === 0);
  }
  await connector[Symbol.asyncDispose]();
  await Promise.all(reads);
});

test("after GOAWAY, open streams continue on the old connection and new ones use another connection", async () => {
  const calls = new Recorder<ServerHttp2Stream>();
  await using server = await RawServer.start((call) => {
    answer(call);
    call.write(batch);
    calls.add(call);
  });
  await using connector = new EnvelopeStreamConnector(server.options);
  const old = connector.stream(logs);
  await old.next();
  const [call] = calls.values;
  const session = call?.session;
  session?.goaway(0, 1);
  // Open streams continue.
  call?.write(batch);
  expect((await old.next()).value).toHaveLength(1);
  // New streams use a new connection.
  const young = connector.stream(logs);
  await young.next();
  expect(server.sessions.size).toBe(2);
  expect(calls.values[1]?.session).not.toBe(session);
  const third = old.next();
  if (call) {
    finish(call, Status.UNAVAILABLE, "draining");
  }
  expect((await third).value).toHaveLength(1);
  expect(calls.values[2]?.session).toBe(calls.values[1]?.session);
});

describe("a connection that a firewall has dropped silently", () => {
  test("is detected by pings, and reopened", async () => {
    await using emulator = await startEmulator();
    await using proxy = await TcpProxy.to(emulator.egress.address);
    await using reading = new Reading({
      address: proxy.address,
      tls: emulator.tls.egress,
      channelOptions: { "grpc.keepalive_time_ms": 200, "grpc.keepalive_timeout_ms": 200 },
    });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    proxy.freeze();
    const before = performance.now();
    await reading.failures.count(1);
    // With the default interval, this would take 20 s.
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(reading.failures.values[0]?.error.message).toMatch(/UNAVAILABLE/);
    proxy.thaw();
    await emulator.until(({ egressStreams }) => egressStreams === 0);
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(logEnvelope("x"));
    await reading.batches.count(1);
  });

  test("is pinged every 20 s, no more often than servers permit", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const calls = new Recorder<ServerHttp2Stream>();
    const pings = new Recorder<Buffer>();
    await using server = await RawServer.start((call) => {
      answer(call);
      call.session?.on("ping", pings.add);
      calls.add(call);
    });
    await using reading = new Reading(server.options);
    await calls.count(1);
    for (let round = 1; round <= 3; round++) {
      // Written after the reply to the last ping, so that the reply has arrived as well.
      calls.values[0]?.write(batch);
      await reading.batches.count(round);
      // The connection is only pinged when it was silent since the last check.
      vi.advanceTimersByTime(20_000);
      vi.advanceTimersByTime(19_999);
      expect(pings.values).toHaveLength(round - 1);
      vi.advanceTimersByTime(1);
      await pings.count(round);
    }
  });
});

afterEach(() => {
  vi.useRealTimers();
});
