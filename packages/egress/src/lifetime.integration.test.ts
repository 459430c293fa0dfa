import { getEventListeners } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { frameBatch, Recorder, reserveTcpPort } from "@loggregator/testing";
import { writeCertificates } from "@loggregator/testing/certificates";
import { expect, onTestFinished, test } from "vitest";
import { answer, finish, RawServer } from "../testing/rawServer.js";
import { EgressError, EnvelopeStreamConnector, Status } from "./index.js";

const logs = { selectors: [selectLog()] };

/** The warnings that the process emits until the end of the test. */
function recordWarnings(): Recorder<Error> {
  const warnings = new Recorder<Error>();
  process.on("warning", warnings.add);
  onTestFinished(() => {
    process.off("warning", warnings.add);
  });
  return warnings;
}

async function readAll(stream: AsyncIterable<Envelope[]>): Promise<number> {
  let batches = 0;
  for await (const _ of stream) {
    batches++;
  }
  return batches;
}

test.each([{}, { buffer: { size: 100 } }])(
  "stop({ drain: true }) with %o cancels the call, and the iteration ends after the received batches",
  async (options) => {
    const calls = new Recorder<ServerHttp2Stream>();
    await using server = await RawServer.start((call) => {
      answer(call);
      for (let index = 0; index < 50; index++) {
        call.write(frameBatch([logEnvelope("x")]));
      }
      calls.add(call);
    });
    await using connector = new EnvelopeStreamConnector({ ...server.options, ...options });
    const stream = connector.stream(logs);
    await stream.next();
    // The pong follows all data sent before, so that has been received.
    await new Promise((resolve) => calls.values[0]?.session?.ping(resolve));
    stream.stop({ drain: true });
    expect(await readAll(stream)).toBe(49);
    expect(calls.values).toHaveLength(1);
    expect(connector.stats).toMatchObject({ streams: 0, received: 50, reconnects: 0 });
  },
);

test("stop({ drain: true }) ends a stream that waits for a server, and one that was never read", async () => {
  await using port = await reserveTcpPort();
  const failures = new Recorder<Error>();
  await using connector = new EnvelopeStreamConnector({
    address: port.address,
    tls: (await startEmulatorTls()).egress,
    logger: null,
    retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
    onRetryableError: failures.add,
  });
  const waiting = connector.stream(logs);
  const next = waiting.next();
  await failures.count(1);
  waiting.stop({ drain: true });
  expect(await next).toEqual({ done: true, value: undefined });
  const unread = connector.stream(logs);
  unread.stop({ drain: true });
  expect(await unread.next()).toEqual({ done: true, value: undefined });
});

async function startEmulatorTls() {
  await using emulator = await startEmulator();
  return emulator.tls;
}

test("stop(), close() and the signal of the connector end iterations without an error", async () => {
  await using emulator = await startEmulator();
  const abort = new AbortController();
  const options = { address: emulator.egress.address, tls: emulator.tls.egress };
  const stopped = new EnvelopeStreamConnector(options);
  const closed = new EnvelopeStreamConnector(options);
  const aborted = new EnvelopeStreamConnector({ ...options, signal: abort.signal });
  const stream = stopped.stream(logs);
  const reads = [stream, closed.stream(logs), aborted.stream(logs)].map(readAll);
  await emulator.until(({ egressStreams }) => egressStreams === 3);
  stream.stop();
  await closed.close();
  await closed.close();
  abort.abort();
  expect(await Promise.all(reads)).toEqual([0, 0, 0]);
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  expect(await readAll(closed.stream(logs))).toBe(0);
  expect(await readAll(aborted.stream(logs))).toBe(0);
  const statuses: string[] = [];
  for await (const { type } of aborted.status()) {
    statuses.push(type);
  }
  expect(statuses).toEqual(["closed"]);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  const late = new EnvelopeStreamConnector({ ...options, signal: abort.signal });
  expect(await readAll(late.stream(logs))).toBe(0);
});

test("fromEnv uses the variables that loggregator emulate --env writes", async () => {
  await using emulator = await startEmulator();
  await using files = await writeCertificates(emulator.tls.egress);
  const variables = {
    LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
    LOGGREGATOR_CA_PATH: files.caPath,
    LOGGREGATOR_CERT_PATH: files.certPath,
    LOGGREGATOR_KEY_PATH: files.keyPath,
  };
  for (const name of Object.keys(variables)) {
    Object.assign(process.env, variables);
    delete process.env[name];
    expect(() => EnvelopeStreamConnector.fromEnv()).toThrow(
      new RegExp(`^the environment variable ${name} .*loggregator emulate --env`),
    );
  }
  const { address } = emulator.egress;
  const options = { address, tls: emulator.tls.egress };
  await EnvelopeStreamConnector.fromEnv(options).close();
  expect(() => EnvelopeStreamConnector.fromEnv({ address })).toThrow("LOGGREGATOR_KEY_PATH");
  expect(() => EnvelopeStreamConnector.fromEnv(null as never)).toThrow(
    "options must be an object, got null",
  );
  Object.assign(process.env, variables);
  onTestFinished(() => {
    for (const name of Object.keys(variables)) {
      delete process.env[name];
    }
  });
  await using connector = EnvelopeStreamConnector.fromEnv({
    logger: null,
    tls: undefined as never,
  });
  const stream = connector.stream(logs);
  const next = stream.next();
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  emulator.emit(logEnvelope("x"));
  expect((await next).value).toHaveLength(1);
});

test("without a logger, an outage and the recovery are each reported once; null disables this", async () => {
  const warnings = recordWarnings();
  await using port = await reserveTcpPort();
  const tls = await startEmulatorTls();
  const failures = new Recorder<number>();
  const options = {
    address: port.address,
    tls: tls.egress,
    retry: { baseDelayMs: 5, maxDelayMs: 10 },
    onRetryableError: (_: Error, attempt: number) => failures.add(attempt),
  };
  await using connector = new EnvelopeStreamConnector(options);
  await using silent = new EnvelopeStreamConnector({ ...options, logger: null });
  const reads = [connector, silent].map((each) => each.stream(logs).next());
  await failures.count(10);
  await using emulator = await startEmulator({ egress: { address: port.address }, tls });
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  emulator.emit(logEnvelope("x"));
  await Promise.all(reads);
  await warnings.count(2);
  expect(warnings.values.map(({ name, message }) => `${name}: ${message}`)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^LoggregatorWarning: egress connector: cannot connect to ${port.address}: connection refused.*; retrying`,
      ),
    ),
    `LoggregatorWarning: egress connector ${port.address}: recovered`,
  ]);
});

test("many connectors, streams and signals cause no MaxListenersExceededWarning", async () => {
  const warnings = recordWarnings();
  await using emulator = await startEmulator();
  const abort = new AbortController();
  const options = { address: emulator.egress.address, tls: emulator.tls.egress };
  const connectors = Array.from(
    { length: 12 },
    () => new EnvelopeStreamConnector({ ...options, signal: abort.signal }),
  );
  const reads = connectors.flatMap((connector) =>
    Array.from({ length: 12 }, () => readAll(connector.stream(logs, { signal: abort.signal }))),
  );
  await emulator.until(({ egressStreams }) => egressStreams === 144);
  abort.abort();
  await Promise.all(reads);
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  expect(warnings.values).toEqual([]);
});

test("rejected promises of callbacks and loggers end neither a stream nor the process", async () => {
  let rejected = 0;
  const fail = async () => {
    rejected++;
    throw new Error("from a callback");
  };
  let calls = 0;
  await using server = await RawServer.start((call) => {
    if (calls++ === 0) {
      return finish(call, Status.UNAVAILABLE);
    }
    answer(call);
    for (let index = 0; index < 20; index++) {
      call.write(frameBatch([logEnvelope("x")]));
    }
    finish(call, Status.PERMISSION_DENIED, "enough");
  });
  await using connector = new EnvelopeStreamConnector({
    ...server.options,
    buffer: { size: 1, onDropped: fail },
    onRetryableError: fail,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
  });
  const stream = connector.stream(logs);
  await stream.next();
  while (connector.stats.batches < 20) {
    await new Promise(setImmediate);
  }
  await expect(readAll(stream)).rejects.toBeInstanceOf(EgressError);
  await new Promise(setImmediate);
  expect(rejected).toBeGreaterThan(3);
  const { received, dropped } = connector.stats;
  expect(received).toBe(20);
  expect(dropped).toBeGreaterThan(0);
});

test.each([
  ["a proxy's page 404", { ":status": 404, "content-type": "text/html" }],
  ["a proxy's page 403", { ":status": 403, "content-type": "text/html" }],
  ["a proxy's page 502", { ":status": 502, "content-type": "text/html" }],
  [
    "an unknown status",
    { ":status": 200, "content-type": "application/grpc", "grpc-status": "99" },
  ],
  [
    "a malformed status",
    { ":status": 200, "content-type": "application/grpc", "grpc-status": "x" },
  ],
  ["no status", { ":status": 200, "content-type": "application/grpc" }],
  [
    "an unknown encoding",
    { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "br" },
  ],
] as const)("%s is retried", async (_, headers) => {
  const failures = new Recorder<Error>();
  let calls = 0;
  await using server = await RawServer.start((call) => {
    if (calls++ < 2) {
      call.respond(headers);
      call.end(Buffer.from([1, 0, 0, 0, 1, 0]));
    } else {
      answer(call);
      call.write(frameBatch([logEnvelope("x")]));
    }
  });
  await using connector = new EnvelopeStreamConnector({
    ...server.options,
    logger: null,
    retry: { baseDelayMs: 1, maxDelayMs: 1 },
    onRetryableError: failures.add,
  });
  expect((await connector.stream(logs).next()).value).toHaveLength(1);
  expect(failures.values).toHaveLength(2);
  for (const failure of failures.values) {
    expect(failure).toBeInstanceOf(EgressError);
    expect(failure).toMatchObject({ cause: expect.any(Error) });
    expect(failure.message).toMatch(
      /^127.0.0.1:\d+: the stream failed with (?:UNKNOWN|UNAVAILABLE|INTERNAL): /,
    );
  }
});
