import { getEventListeners } from "node:events";
import { logEnvelope } from "@loggregator/api";
import { frameBatch, Recorder, TcpProxy } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { connect, emit, emulator, logs, streams } from "../testing/emulatedRlp.js";
import { answer, RawServer } from "../testing/rawServer.js";
import { EnvelopeStreamConnector } from "./index.js";

/** Shorter than every timer of the client: an end within this time was not caused by a timer. */
const promptMs = 5_000;

describe("the end of a stream", () => {
  // Each ends the iteration of a stream that has received one batch.
  const ways: Record<
    string,
    (batches: AsyncIterable<unknown>, abort: AbortController) => Promise<void>
  > = {
    "a break": async (batches) => {
      for await (const _ of batches) {
        break;
      }
    },
    "an abort while the consumer is waiting": async (batches, abort) => {
      for await (const _ of batches) {
        setImmediate(() => abort.abort());
      }
    },
    "an abort in the loop": async (batches, abort) => {
      for await (const _ of batches) {
        abort.abort();
      }
    },
    "an exception in the loop": async (batches) => {
      const failure = new Error("in the loop");
      const loop = async () => {
        for await (const _ of batches) {
          throw failure;
        }
      };
      await expect(loop()).rejects.toBe(failure);
    },
  };

  describe.each([{}, { buffer: { size: 10 } }])("with %o", (options) => {
    test.each(Object.entries(ways))(
      "%s closes the call and the connection immediately",
      async (_, leave) => {
        await using proxy = await TcpProxy.to(emulator.egress.address);
        const { address } = proxy;
        const connector = new EnvelopeStreamConnector({
          address,
          tls: emulator.tls.egress,
          ...options,
        });
        const abort = new AbortController();
        const left = leave(connector.stream(logs, { signal: abort.signal }), abort);
        await streams(1);
        emit("x");
        await left;
        const before = performance.now();
        await streams(0);
        await proxy.drained();
        expect(performance.now() - before).toBeLessThan(promptMs);
        expect(getEventListeners(abort.signal, "abort")).toEqual([]);
      },
    );

    test("an abort closes the call and the connection even if the consumer does not continue", async () => {
      await using proxy = await TcpProxy.to(emulator.egress.address);
      const { address } = proxy;
      const connector = new EnvelopeStreamConnector({
        address,
        tls: emulator.tls.egress,
        ...options,
      });
      const abort = new AbortController();
      const stream = connector.stream(logs, { signal: abort.signal });
      const first = stream.next();
      await streams(1);
      emit("x");
      await first;
      const before = performance.now();
      abort.abort();
      await streams(0);
      await proxy.drained();
      expect(performance.now() - before).toBeLessThan(promptMs);
      expect(await stream.next()).toEqual({ done: true, value: undefined });
    });

    test("an abort ends the iteration even if batches are waiting", async () => {
      const written = new Recorder<number>();
      await using server = await RawServer.start((call) => {
        answer(call);
        for (let index = 0; index < 8; index++) {
          call.write(frameBatch([logEnvelope("x")]), () => written.add(index));
        }
      });
      const connector = new EnvelopeStreamConnector({ ...server.options, ...options });
      const abort = new AbortController();
      let batches = 0;
      for await (const _ of connector.stream(logs, { signal: abort.signal })) {
        batches++;
        // All other batches are written before the first is read.
        await written.count(8);
        abort.abort();
      }
      expect(batches).toBe(1);
    });
  });

  test("return() ends a wait for the next batch", async () => {
    const stream = connect().stream(logs);
    const waiting = stream.next();
    await streams(1);
    const done = { done: true, value: undefined };
    expect(await Promise.all([stream.return?.(), waiting])).toEqual([done, done]);
    await streams(0);
    expect(await stream.next()).toEqual(done);
  });

  test("disposing a stream closes it", async () => {
    {
      await using stream = connect().stream(logs);
      const waiting = stream.next();
      await streams(1);
      void waiting;
    }
    await streams(0);
  });

  test("disposing the connector closes its streams", async () => {
    const reads: Promise<unknown>[] = [];
    {
      await using connector = connect();
      reads.push(connector.stream(logs).next(), connector.stream(logs).next());
      await streams(2);
    }
    const done = { done: true, value: undefined };
    expect(await Promise.all(reads)).toEqual([done, done]);
    await streams(0);
  });

  test("a stream that is closed or aborted before the first read makes no call", async () => {
    await using proxy = await TcpProxy.to(emulator.egress.address);
    const connector = connect(proxy.address);
    const closed = connector.stream(logs);
    await closed.return?.();
    const abort = new AbortController();
    const aborted = connector.stream(logs, { signal: abort.signal });
    abort.abort(new Error("a custom reason"));
    for (const stream of [closed, aborted]) {
      for await (const _ of stream) {
        expect.unreachable();
      }
    }
    expect(proxy.accepted).toBe(0);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("an abort ends an attempt to connect", async () => {
    await using proxy = await TcpProxy.to(emulator.egress.address);
    proxy.freeze();
    const abort = new AbortController();
    const connector = new EnvelopeStreamConnector({
      address: proxy.address,
      tls: emulator.tls.egress,
    });
    const waiting = connector.stream(logs, { signal: abort.signal }).next();
    await proxy.connected();
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await proxy.drained();
  });

  test("an abort ends a wait for certificates", async () => {
    const abort = new AbortController();
    const connector = new EnvelopeStreamConnector({
      address: emulator.egress.address,
      tls: () => new Promise(() => setImmediate(() => abort.abort())),
    });
    const { done } = await connector.stream(logs, { signal: abort.signal }).next();
    expect(done).toBe(true);
  });
});
