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
import { frameBatch, Recorder, TcpProxy } from "@loggregator/testing";
import { expect, test } from "vitest";
import { connect, emit, emulator, logs, streams, texts } from "../testing/emulatedRlp.js";
import { answer, RawServer } from "../testing/rawServer.js";
import { EnvelopeStreamConnector } from "./index.js";

test("yields batches of the selected envelopes, in order", async () => {
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

test("requests preferred tags by default", async () => {
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

test("is not affected by later changes to the request", async () => {
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

test("accepts batches of up to 10 MiB", async () => {
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

test("a second loop over an ended stream yields nothing; two concurrent loops share its batches", async () => {
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

test("500 streams share one connection and one signal, and leave no listener or connection", async () => {
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

test("reconnects with the current certificates after all streams have ended", async () => {
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

test("a consumer that does not read blocks neither the other streams nor the server", async () => {
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
