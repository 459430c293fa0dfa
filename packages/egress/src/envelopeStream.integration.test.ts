import { getEventListeners } from "node:events";
import {
  counterEnvelope,
  EgressBatchRequest,
  type Envelope,
  logEnvelope,
  selectAll,
  selectCounter,
  selectLog,
} from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { frameBatch, Recorder, TcpProxy } from "@loggregator/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answer, RawServer } from "../testing/rawServer.js";
import { EnvelopeStreamConnector } from "./index.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const connect = (address = emulator.egress.address) =>
  new EnvelopeStreamConnector({ address, tls: emulator.tls.egress });
const logs = { selectors: [selectLog()] };
/** No timer of the client is as short: what takes less does not wait for one. */
const promptMs = 5_000;
const streams = (wanted: number) => emulator.until(({ egressStreams }) => egressStreams === wanted);
const emit = (text: string) => emulator.emit(logEnvelope(text, { sourceId: "app" }));
const texts = (batch: readonly Envelope[]) =>
  batch.map(({ message }) =>
    message?.$case === "log" ? Buffer.from(message.value.payload).toString() : message?.$case,
  );

beforeEach(async () => {
  await streams(0);
});

test("yields batches of what is selected, in order", async () => {
  const stream = connect().stream({ selectors: [selectLog(), selectCounter({ name: "hits" })] });
  const first = stream.next();
  await streams(1);
  emit("one");
  emulator.emit(counterEnvelope("hits"));
  emulator.emit(counterEnvelope("misses"));
  emit("two");
  expect(texts((await first).value ?? [])).toEqual(["one", "counter", "two"]);
  await stream.return?.();
});

test("asks for preferred tags unless told not to", async () => {
  const envelope = (usePreferredTags?: boolean) =>
    firstOf(connect().stream({ ...logs, usePreferredTags }), () =>
      emulator.emit(logEnvelope("x", { tags: { a: "b" } })),
    );
  expect(await envelope()).toMatchObject({ tags: { a: "b" }, deprecatedTags: {} });
  expect(await envelope(false)).toMatchObject({
    tags: {},
    deprecatedTags: { a: { data: { $case: "text", value: "b" } } },
  });
});

test("asks for what the request said when the stream was opened", async () => {
  const asked = new Recorder<EgressBatchRequest>();
  await using server = await RawServer.start((call) => {
    call.once("data", (bytes: Buffer) => asked.add(EgressBatchRequest.decode(bytes.subarray(5))));
  });
  await using connector = new EnvelopeStreamConnector(server.options);
  const request = {
    shardId: "a shard",
    deterministicName: "a name",
    selectors: [selectCounter({ name: "hits" })],
    legacySelector: selectLog({ sourceId: "app" }),
    usePreferredTags: false,
  };
  const expected = structuredClone(request);
  const stream = connector.stream(request);
  request.selectors.length = 0;
  const reads = [stream.next(), connector.stream({ selectors: [] }).next()];
  await asked.count(2);
  const none = { shardId: "", deterministicName: "", legacySelector: undefined, selectors: [] };
  expect(asked.values).toMatchObject([expected, { ...none, usePreferredTags: true }]);
  await connector[Symbol.asyncDispose]();
  await Promise.all(reads);
});

test("shares the envelopes of a shard among its streams", async () => {
  const connector = connect();
  const abort = new AbortController();
  const seen = new Recorder<{ reader: number; text: string }>();
  const readers = [0, 1].map(async (reader) => {
    const request = { ...logs, shardId: "shard" };
    for await (const batch of connector.stream(request, { signal: abort.signal })) {
      for (const text of texts(batch)) {
        seen.add({ reader, text: text ?? "" });
      }
    }
  });
  await streams(2);
  const sent = Array.from({ length: 200 }, (_, index) => `${index}`);
  for (const text of sent) {
    emit(text);
  }
  await seen.count(sent.length);
  abort.abort();
  await Promise.all(readers);
  expect(seen.values.map(({ text }) => text).toSorted()).toEqual(sent.toSorted());
  expect(new Set(seen.values.map(({ reader }) => reader)).size).toBe(2);
});

test("takes batches of up to 10 MiB", async () => {
  const overhead = frameBatch([logEnvelope(new Uint8Array(10_000_000))]).length - 5 - 10_000_000;
  const largest = 10 * 1024 * 1024 - overhead;
  await using server = await RawServer.start((call) => {
    answer(call);
    call.write(frameBatch([logEnvelope(new Uint8Array(largest))]));
    call.write(frameBatch([logEnvelope(new Uint8Array(largest + 1))]));
  });
  const failures = new Recorder<Error>();
  const connector = new EnvelopeStreamConnector({
    ...server.options,
    onRetryableError: failures.add,
  });
  const stream = connector.stream(logs);
  const { value = [] } = await stream.next();
  expect(value[0]?.message?.value).toMatchObject({ payload: { length: largest } });
  const next = stream.next();
  await failures.count(1);
  expect(failures.values[0]?.message).toMatch(/RESOURCE_EXHAUSTED.*larger than max/);
  await stream.return?.();
  await next;
});

describe("the end", () => {
  // Each leaves a stream that has had one batch.
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
    test.each(Object.entries(ways))("%s closes call and connection at once", async (_, leave) => {
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
    });

    test("an abort closes the call and the connection of a consumer that does not come back", async () => {
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

    test("an abort is the end even where batches are waiting", async () => {
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
        // The others have been written before the first is read.
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

  test("a stream that is closed, or aborted, before it is read from never calls", async () => {
    await using proxy = await TcpProxy.to(emulator.egress.address);
    const connector = connect(proxy.address);
    const closed = connector.stream(logs);
    await closed.return?.();
    const abort = new AbortController();
    const aborted = connector.stream(logs, { signal: abort.signal });
    abort.abort(new Error("a reason of one's own"));
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

test("a second loop over a stream finds it ended; two loops at once share its batches", async () => {
  const stream = connect().stream(logs);
  const seen = new Recorder<string | undefined>();
  const loops = [0, 1].map(async () => {
    for await (const batch of stream) {
      for (const text of texts(batch)) {
        seen.add(text);
      }
    }
  });
  await streams(1);
  for (const text of ["a", "b", "c"]) {
    emit(text);
    await seen.until(({ length }) => length > 0 && seen.values.includes(text));
  }
  await stream.return?.();
  await Promise.all(loops);
  expect(seen.values).toEqual(["a", "b", "c"]);
  for await (const _ of stream) {
    expect.unreachable();
  }
});

test("carries 500 streams over one connection, on one signal, and leaves nothing", async () => {
  const warnings = new Recorder<Error>();
  process.on("warning", warnings.add);
  await using proxy = await TcpProxy.to(emulator.egress.address);
  const connector = connect(proxy.address);
  const abort = new AbortController();
  const got = new Recorder<number>();
  const loops = Array.from({ length: 500 }, async (_, index) => {
    for await (const _batch of connector.stream(logs, { signal: abort.signal })) {
      got.add(index);
      if (index % 2 === 0) {
        break;
      }
    }
  });
  await streams(500);
  expect(proxy.accepted).toBe(1);
  emit("for all");
  await got.count(500);
  expect(got.values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  await streams(250);
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  abort.abort();
  await Promise.all(loops);
  await proxy.drained();
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  await new Promise(setImmediate);
  process.off("warning", warnings.add);
  expect(warnings.values).toEqual([]);
});

test("connects anew, with the certificates of then, once all streams had ended", async () => {
  await using proxy = await TcpProxy.to(emulator.egress.address);
  let asked = 0;
  const connector = new EnvelopeStreamConnector({
    address: proxy.address,
    tls: async () => {
      asked++;
      return emulator.tls.egress;
    },
  });
  for (let round = 1; round <= 3; round++) {
    expect(await firstOf(connector.stream(logs), () => emit("x"))).toBeDefined();
    await proxy.drained();
    expect([proxy.accepted, asked]).toEqual([round, round]);
  }
});

test("a consumer that does not read holds up neither the other streams nor the server", async () => {
  const connector = connect();
  const still = connector.stream({ selectors: selectAll() });
  const first = still.next();
  await streams(1);
  emit("first");
  await first;
  const abort = new AbortController();
  const seen = new Recorder<unknown>();
  const reading = (async () => {
    for await (const batch of connector.stream(logs, { signal: abort.signal })) {
      for (const text of texts(batch)) {
        seen.add(text?.slice(-4));
      }
    }
  })();
  await streams(2);
  const filler = ".".repeat(100_000);
  for (let index = 1_000; index < 1_200; index++) {
    emit(`${filler}${index}`);
    if (index % 20 === 19) {
      await seen.count(index - 999);
    }
  }
  expect(seen.values).toEqual(Array.from({ length: 200 }, (_, index) => `${1_000 + index}`));
  abort.abort();
  await reading;
  await still.return?.();
});

async function firstOf(
  stream: AsyncIterable<Envelope[]>,
  whenOpen: () => void,
): Promise<Envelope | undefined> {
  await streams(0);
  const opened = streams(1).then(whenOpen);
  for await (const [envelope] of stream) {
    await opened;
    return envelope;
  }
  return undefined;
}
