import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { logEnvelope, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { expect, test } from "vitest";
import { type ConnectionStatus, EnvelopeStreamConnector } from "./index.js";

test("stats, channels and status report reads and retries, and contain no key", async () => {
  const messages: [string, unknown][] = [];
  const listener = (message: unknown, name: unknown) => messages.push([String(name), message]);
  const names = ["batch", "drop", "reconnect"].map((name) => `loggregator:egress:${name}`);
  for (const name of names) {
    subscribe(name, listener);
  }

  await using port = await reserveTcpPort();
  const { address } = port;
  const emulator = await startEmulator({ egress: { address } });
  const connector = new EnvelopeStreamConnector({
    address,
    tls: emulator.tls.egress,
    retry: { baseDelayMs: 5, maxDelayMs: 10 },
  });
  const reported: ConnectionStatus[] = [];
  const ended = (async () => {
    for await (const status of connector.status()) {
      reported.push(status);
    }
  })();
  const envelope = logEnvelope("hello", { sourceId: "app" });
  const isRead = { egressStreams: 1 };
  const stream = connector.stream({ selectors: [selectLog()] });
  const first = stream.next();
  await emulator.until(({ egressStreams }) => egressStreams === isRead.egressStreams);
  emulator.emit(envelope);
  await first;
  expect(connector.stats).toEqual({
    streams: 1,
    received: 1,
    batches: 1,
    dropped: 0,
    reconnects: 0,
  });
  const second = stream.next();
  await emulator.close();
  await using again = await startEmulator({ egress: { address }, tls: emulator.tls });
  await again.until(({ egressStreams }) => egressStreams === isRead.egressStreams);
  again.emit(envelope);
  await second;
  await stream.return?.();
  const { reconnects, ...rest } = connector.stats;
  expect(reconnects).toBeGreaterThan(0);
  expect(rest).toEqual({ streams: 0, received: 2, batches: 2, dropped: 0 });
  await connector[Symbol.asyncDispose]();
  await ended;
  for (const name of names) {
    unsubscribe(name, listener);
  }

  const types = reported.map(({ type }) => type);
  expect(types.slice(0, 3)).toEqual(["idle", "connecting", "open"]);
  expect(types.slice(-3)).toEqual(["open", "idle", "closed"]);
  expect(types).toEqual(expect.arrayContaining(["disconnected", "retrying"]));
  expect(messages.filter(([name]) => name.endsWith("batch"))).toEqual(
    Array(2).fill(["loggregator:egress:batch", { address, count: 1 }]),
  );
  expect(messages).toContainEqual([
    "loggregator:egress:reconnect",
    { address, error: expect.any(Error), delayMs: expect.any(Number) },
  ]);
  const said = inspect([reported, messages], { depth: 20 });
  expect(said).not.toContain(emulator.tls.egress.key.split("\n")[1]);
});

test("batches that the buffer overwrites are counted and published as dropped", async () => {
  let dropped = 0;
  const listener = (message: unknown) => {
    dropped += (message as { count: number }).count;
  };
  subscribe("loggregator:egress:drop", listener);
  await using emulator = await startEmulator();
  await using connector = new EnvelopeStreamConnector({
    address: emulator.egress.address,
    tls: emulator.tls.egress,
    buffer: { size: 1 },
  });
  const stream = connector.stream({ selectors: [selectLog()] });
  const first = stream.next();
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  const batches = 5;
  for (let i = 1; i <= batches; i++) {
    emulator.emit(logEnvelope("hello"));
    if (i === 1) {
      await first;
    }
    while (connector.stats.batches < i) {
      await new Promise(setImmediate);
    }
  }
  await stream.next();
  await stream.return?.();
  unsubscribe("loggregator:egress:drop", listener);
  expect(dropped).toBeGreaterThan(0);
  expect(connector.stats).toMatchObject({ batches, received: batches, dropped });
});

test("exceptions of callbacks and loggers do not end streams", async () => {
  let thrown = 0;
  const fail = () => {
    thrown++;
    throw new Error("from a callback");
  };
  await using port = await reserveTcpPort();
  const { address } = port;
  const first = await startEmulator({ egress: { address } });
  await using connector = new EnvelopeStreamConnector({
    address,
    tls: first.tls.egress,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
    retry: { baseDelayMs: 5, maxDelayMs: 10 },
    onRetryableError: fail,
  });
  const stream = connector.stream({ selectors: [selectLog()] });
  const read = stream.next();
  await first.until(({ egressStreams }) => egressStreams === 1);
  await first.close();
  await using second = await startEmulator({ egress: { address }, tls: first.tls });
  await second.until(({ egressStreams }) => egressStreams === 1);
  second.emit(logEnvelope("hello"));
  expect((await read).value).toHaveLength(1);
  expect(thrown).toBeGreaterThan(2);
});
