import { OptionRangeError } from "@loggregator/core";
import { expect, test, vi } from "vitest";
import { V1Client, type V1ClientOptions } from "./index.js";

const safe = { sourceId: "a" };

function newClient(options: Partial<V1ClientOptions> = {}): V1Client {
  return new V1Client({ origin: "o", unsafeHeaders: "reject", logger: null, ...options });
}

test.each<[string, Partial<V1ClientOptions>, (client: V1Client) => void, string]>([
  ["source id of a log", {}, (client) => client.emitLog("x", { sourceId: "my app" }), "sourceId"],
  [
    "instance id of a log",
    {},
    (client) => client.emitLog("x", { ...safe, instanceId: "a b" }),
    "instanceId",
  ],
  [
    "source id of a counter",
    {},
    (client) => client.emitCounter("x", { sourceId: "my app" }),
    "sourceId",
  ],
  [
    "tag source_id",
    {},
    (client) => client.emitCounter("x", { tags: { source_id: "my app" } }),
    "sourceId",
  ],
  [
    "tag source_id of the client",
    { tags: { source_id: "my app" } },
    (client) => client.emitCounter("x", safe),
    "sourceId",
  ],
  [
    "instance id of a gauge",
    {},
    (client) => client.emitGauge({ x: { value: 1 } }, { ...safe, instanceId: "ü" }),
    "instanceId",
  ],
  [
    "name of a tag",
    {},
    (client) => client.emitLog("x", { ...safe, tags: { "a b": "c" } }),
    "the name of a tag",
  ],
  ["origin", { origin: "my origin" }, (client) => client.emitCounter("x"), "origin"],
])("each envelope with an unsafe %s is rejected", async (_, options, emit, option) => {
  const client = newClient(options);
  for (let i = 0; i < 2; i++) {
    expect(() => emit(client)).toThrow(expect.objectContaining({ name: "RangeError", option }));
  }
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
  await client.close();
});

test("safe headers are accepted, also after unsafe ones", async () => {
  const client = newClient({ origin: "my origin", tags: { source_id: "safe" } });
  client.emitCounter("x");
  expect(() => client.emitLog("x", { tags: { "a b": "c" } })).toThrow(OptionRangeError);
  client.emitLog("x", { tags: { a: "b c" } });
  client.emitLog("x", { ...safe, tags: { a: "b c" } });
  expect(client.stats.queued).toBe(3);
  expect(() => newClient({ tags: { "a b": "c" } })).toThrow("the name of a tag");
  expect(() => newClient({ unsafeHeaders: "no" as never })).toThrow("unsafeHeaders");
  await client.close();
});

test("by default, the first unsafe header is a warning", async () => {
  const warn = vi.fn();
  const logger = { debug() {}, info() {}, warn, error() {} };
  const client = newClient({ unsafeHeaders: undefined, logger });
  client.emitLog("x", { sourceId: "my app" });
  client.emitLog("x", { sourceId: "my other app" });
  expect(client.stats.queued).toBe(2);
  expect(warn.mock.calls).toEqual([[expect.stringContaining('got "my app"')]]);
  const allows = newClient({ unsafeHeaders: "allow", logger });
  allows.emitLog("x", { sourceId: "my app" });
  expect(warn).toHaveBeenCalledTimes(1);
  await Promise.all([client.close(), allows.close()]);
});
