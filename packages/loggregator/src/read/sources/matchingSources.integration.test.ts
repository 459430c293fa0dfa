import { type Envelope, logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { LogCacheClient } from "@loggregator/log-cache";
import { afterAll, beforeEach, expect, test } from "vitest";
import { MatchingSources } from "./matchingSources.js";

const emulator = await startEmulator({ logger: null });
const client = new LogCacheClient({ url: emulator.logCache.gatewayUrl, logger: null });
const { signal } = new AbortController();
const messages: string[] = [];

beforeEach(() => {
  emulator.reset();
  messages.length = 0;
});

afterAll(async () => {
  await client.close();
  await emulator.close();
});

function log(sourceId: string, tags: Envelope["tags"] = {}, timestamp = 1n): void {
  emulator.emit(logEnvelope("x", { sourceId, tags, timestamp }));
}

function matching(...apps: string[]): MatchingSources {
  return new MatchingSources(client, apps, (message) => messages.push(message));
}

test("ignores envelopes without a source id", async () => {
  log("");
  log("guid", { app_name: "cart" });
  expect(await matching("cart", ".*").find(signal)).toMatchObject([{ sourceId: "guid" }]);
  expect(messages).toEqual([]);
});

test("finds an app whose first envelope has no name", async () => {
  const sources = matching("cart");
  log("guid", {}, 5n);
  expect(await sources.find(signal)).toEqual([]);
  log("guid", { app_name: "cart" }, 7n);
  expect(await sources.find(signal)).toEqual([{ sourceId: "guid", isNew: false, from: 6n }]);
});

test("returns the times of the first envelopes of new sources", async () => {
  const sources = matching("cart");
  await sources.find(signal);
  log("guid", { app_name: "cart" }, 7n);
  log("guid", { app_name: "cart" }, 9n);
  const found = [{ sourceId: "guid", isNew: true, from: 7n }];
  expect(await sources.find(signal)).toEqual(found);
  expect(await sources.find(signal)).toEqual(found);
});

test("looks up a bounded number of names at a time, and the others later", async () => {
  const sources = matching("cart");
  for (let i = 0; i < 501; i += 1) {
    log(`other-${String(i).padStart(3, "0")}`, { app_name: "other" });
  }
  log("zz", { app_name: "cart" });
  expect(await sources.find(signal)).toEqual([]);
  expect(messages).toEqual([
    "log-cache has 502 sources whose apps are unknown, and 500 are looked up at a time; if an app is missing, select it with --app or --source-id",
  ]);
  expect(await sources.find(signal)).toMatchObject([{ sourceId: "zz" }]);
  expect(messages).toHaveLength(1);
});

test("skips a source that cannot be read, and reports it once", async () => {
  // A URL path cannot contain this source id.
  log("..");
  log("guid", { app_name: "cart" });
  const sources = matching("cart");
  for (let i = 0; i < 2; i += 1) {
    expect(await sources.find(signal)).toMatchObject([{ sourceId: "guid" }]);
  }
  expect(messages).toEqual([expect.stringMatching(/^cannot read the source "\.\.": /)]);
});
