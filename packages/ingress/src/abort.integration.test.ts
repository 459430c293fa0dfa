import { getEventListeners, once } from "node:events";
import type { GrpcTestServer } from "@loggregator/testing";
import { expect, test } from "vitest";
import { certificates, connect, unusedAddress } from "../testing/connect.js";
import { dropCounter } from "../testing/dropCounter.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import { IngressError } from "./index.js";

/** Starts a server. The promise resolves with the first call that it receives. */
async function firstCall(): Promise<[GrpcTestServer, Promise<IngressCall>]> {
  let resolve: (call: IngressCall) => void = () => {};
  const call = new Promise<IngressCall>((resolveCall) => {
    resolve = resolveCall;
  });
  return [await startIngressServer(certificates.server, resolve), call];
}

test("an abort ends the client immediately; queued envelopes are dropped and reported", async () => {
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
  const client = connect(unusedAddress, { signal: AbortSignal.abort() });
  client.emitLog("hello");
  expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 0 });
  await client.closeSend();
});

test("closeSend rejects with the signal's reason if the signal aborts meanwhile", async () => {
  await using server = await startIngressServer(certificates.server, () => {});
  for (const address of [server.address, unusedAddress]) {
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

test("sent + dropped + queued adds up after an abort at any time", async () => {
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
  const waiting = connect(unusedAddress, { closeTimeoutMs: 50 });
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
