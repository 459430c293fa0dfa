// The agent with `realism: "strict"`, one test for each fact that was observed of the real one.
import {
  counterEnvelope,
  type Envelope,
  isCounter,
  logEnvelope,
  type Selector,
  selectCounter,
  selectLog,
  type Value,
} from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sendDatagrams } from "../../testing/datagrams.js";
import { GrpcClients, type Reader } from "../../testing/grpcClients.js";
import { type Field, message } from "../../testing/protobuf.js";
import { readOne } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: GrpcClients;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
  clients = new GrpcClients(emulator);
});

afterEach(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.close();
});

/** Reads what the selectors select, with preferred tags. */
function readSelected(...selectors: Selector[]): Promise<Reader> {
  return readOne(emulator, clients, { selectors, usePreferredTags: true });
}

describe("counter totals", () => {
  const totals = (envelopes: readonly Envelope[]) =>
    envelopes.filter(isCounter).map(({ message }) => message.value.total);

  test("are summed by source, name and tags, not by instance", async () => {
    const reader = await readSelected(selectCounter());
    const counter = (options: Parameters<typeof counterEnvelope>[1], instanceId = "0") =>
      counterEnvelope("c", { sourceId: "app", instanceId, tags: { a: "b" }, ...options });
    const both = counter({ delta: 3 });
    both.message.value.total = 100n;
    await clients.ingress.send({
      batch: [
        counter({ delta: 1 }),
        counter({ delta: 2 }, "1"),
        counter({ total: 10 }),
        counter({ delta: 5 }),
        both,
        counter({ delta: 2n ** 64n - 1n }),
        counter({ total: 0 }),
        counter({ delta: 1, sourceId: "other" }),
        counter({ delta: 1, tags: { a: "c" } }),
        counterEnvelope("d", { sourceId: "app", tags: { a: "b" }, delta: 1 }),
      ],
    });
    expect(totals(await reader.received(10))).toEqual([
      1n,
      3n,
      10n,
      15n,
      100n,
      99n,
      0n,
      1n,
      1n,
      1n,
    ]);
  });

  test("are reset above 10,000 series", async () => {
    const series = (i: number) => counterEnvelope(`c${i}`, { delta: 1 });
    for (let i = 0; i <= 10_000; i += 1) {
      emulator.emit(series(i));
    }
    emulator.emit(series(0));
    expect(totals(emulator.envelopes()).at(-1)).toBe(1n);
    emulator.emit(series(0));
    expect(totals(emulator.envelopes()).at(-1)).toBe(2n);
  });

  test("are reset when the agent restarts", async () => {
    emulator.emit(counterEnvelope("c"));
    emulator.faults.agent.stop();
    emulator.faults.agent.start();
    emulator.emit(counterEnvelope("c"));
    expect(totals(emulator.envelopes())).toEqual([1n, 1n]);
  });
});

describe("v1", () => {
  const origin: Field = [1, "the-origin"];
  const value = message([1, "m"], [2, 0.5], [3, "u"]);
  const log = (...fields: Field[]) =>
    message(origin, [2, 5n], [8, message([1, "hello"], [2, 1n], [3, 5n])], ...fields);

  test("without a source id get their origin as source id", async () => {
    await sendDatagrams(
      emulator,
      log(),
      log([17, message([1, "source_id"], [2, ""])]),
      log([17, message([1, "source_id"], [2, "tag"])]),
      message(origin, [2, 6n], [9, value]),
    );
    await emulator.until(({ v1Received }) => v1Received === 4);
    expect(emulator.envelopes().map(({ sourceId }) => sourceId)).toEqual([
      "the-origin",
      "the-origin",
      "tag",
      "the-origin",
    ]);
  });

  test.each<[string, Uint8Array]>([
    ["a body of another type", message(origin, [2, 5n], [9, value])],
    ["no body", message(origin, [2, 5n])],
    ["an unknown type", message(origin, [2, 99n], [9, value])],
    ["trailing garbage", Buffer.concat([log(), Buffer.from([0xff])])],
    ["text that is not UTF-8", log([13, Buffer.from([0xff])])],
  ])("with %s is dropped", async (_, datagram) => {
    await sendDatagrams(emulator, datagram);
    await emulator.until(({ v1Dropped }) => v1Dropped === 1);
    await sendDatagrams(emulator, log());
    await emulator.until(({ v1Received }) => v1Received === 1);
    expect(emulator.envelopes()).toHaveLength(1);
  });

  test("text that is not UTF-8 makes the forwarder's whole batch invalid", async () => {
    const bad = log([13, Buffer.from([0xff])]);
    const good = Array.from({ length: 49 }, () => log());
    await sendDatagrams(emulator, ...good, bad, ...good, log());
    await emulator.until(({ v1Dropped, v1Received }) => v1Dropped + v1Received === 100);
    // All 100, unless the forwarder's interval ends in between: then only the envelopes in its
    // batch.
    expect(emulator.stats.v1Dropped).toBeGreaterThan(1);
  });
});

describe("the agent forwards 100 at a time, and a batch above 10 MiB is lost completely:", () => {
  test.each([
    [100, 60 * 1024, 100],
    [100, 200 * 1024, 0],
    [3, 5 * 1024 * 1024, 0],
  ])("of %i logs of %i bytes %i arrive", async (count, size, expected) => {
    const reader = await readSelected(selectLog());
    for (let i = 0; i < count; i += 1) {
      emulator.emit(logEnvelope(new Uint8Array(size)));
    }
    await emulator.until(({ dropped, delivered }) => dropped + delivered === count);
    await reader.received(expected);
    expect(emulator.stats).toMatchObject({ delivered: expected, dropped: count - expected });
  });
});

test("an agent that is killed loses envelopes that it has acknowledged and not forwarded", async () => {
  const reader = await readSelected(selectLog());
  // The forwarder agent sends every 100 ms: of envelopes that arrive together, all or none have
  // been sent.
  await clients.ingress.send({ batch: Array.from({ length: 30 }, () => logEnvelope("hello")) });
  emulator.faults.agent.stop();
  const { dropped } = emulator.stats;
  expect([0, 30]).toContain(dropped);
  expect(await reader.received(30 - dropped)).toHaveLength(30 - dropped);
});

test("the agent converts deprecated tags to text; a missing value is empty", async () => {
  const deprecatedTags: Record<string, Value> = {
    text: { data: { $case: "text", value: "t" } },
    integer: { data: { $case: "integer", value: -3n } },
    large: { data: { $case: "decimal", value: 123456789 } },
    small: { data: { $case: "decimal", value: 0.00001 } },
    nan: { data: { $case: "decimal", value: Number.NaN } },
    infinite: { data: { $case: "decimal", value: Number.POSITIVE_INFINITY } },
    missing: { data: undefined },
  };
  const texts = {
    text: "t",
    integer: "-3",
    large: "123456789",
    small: "0.00001",
    nan: "NaN",
    infinite: "+Inf",
    missing: "",
  };
  const reader = await readOne(emulator, clients, { selectors: [selectLog()] });
  await clients.ingress.send({ batch: [{ ...logEnvelope("hello"), deprecatedTags }] });
  const [received] = await reader.received(1);
  expect(received?.tags).toEqual({});
  expect(
    Object.entries(received?.deprecatedTags ?? {}).map(([name, { data }]) => [name, data]),
  ).toEqual(Object.entries(texts).map(([name, value]) => [name, { $case: "text", value }]));
  const atAgent = emulator.envelopes()[0];
  expect(atAgent?.tags).toEqual(texts);
  expect(atAgent?.deprecatedTags).toEqual(deprecatedTags);
});
