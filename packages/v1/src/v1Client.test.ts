import type { Emitter } from "@loggregator/api";
import { expect, test } from "vitest";
import { V1Client, type V1ClientOptions } from "./index.js";

test.each<[string, Partial<Record<keyof V1ClientOptions, unknown>>, ErrorConstructor]>([
  ["origin", { origin: "" }, RangeError],
  ["origin", { origin: undefined }, TypeError],
  ["address", { address: "localhost" }, TypeError],
  ["tags", { tags: { a: 1 } }, TypeError],
  ["maxQueueSize", { maxQueueSize: 0 }, RangeError],
  ["maxQueueBytes", { maxQueueBytes: Number.NaN }, RangeError],
  ["closeTimeoutMs", { closeTimeoutMs: -1 }, RangeError],
  ["closeTimeoutMs", { closeTimeoutMs: 2 ** 31 }, RangeError],
  ["onDropped", { onDropped: "log" }, TypeError],
  ["onError", { onError: {} }, TypeError],
  ["signal", { signal: new AbortController() }, TypeError],
  ["logger", { logger: {} }, TypeError],
])("an invalid %s is rejected by name: %j", (name, bad, type) => {
  const create = () => new V1Client({ origin: "o", ...bad } as V1ClientOptions);
  expect(create).toThrow(type);
  expect(create).toThrow(name);
});

test("invalid arguments throw and emit nothing", async () => {
  await using client = new V1Client({ origin: "o" });
  const emitter: Emitter = client;
  expect(() => emitter.emitLog(5 as never)).toThrow(TypeError);
  expect(() => emitter.emitLog("x", { tags: { a: 1 as never } })).toThrow('tags["a"]');
  expect(() => emitter.emitCounter("c", { delta: -1 })).toThrow(RangeError);
  expect(() => emitter.emitCounter("c", { delta: 1, total: 1 })).toThrow(TypeError);
  expect(() => emitter.emitGauge({ a: { value: 1 }, b: 5 as never })).toThrow('metrics["b"]');
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
});

test("a client that has not emitted closes without a lookup", async () => {
  const client = new V1Client({ origin: "o", address: "a..b:1" });
  await client.close();
  await client.close();
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
});
