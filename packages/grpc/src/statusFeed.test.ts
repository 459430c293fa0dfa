import { expect, test } from "vitest";
import { type ConnectionStatus, StatusFeed } from "./statusFeed.js";

async function rest(statuses: AsyncIterable<ConnectionStatus>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of statuses) types.push(type);
  return types;
}

test("an iteration begins with how things stand, goes on with what happens, and ends behind closed", async () => {
  const feed = new StatusFeed();
  feed.push({ type: "connecting" });
  feed.push({ type: "open" });
  const read = rest(feed.read());
  feed.push({ type: "disconnected" });
  await Promise.resolve();
  feed.push({ type: "connecting" });
  feed.push({ type: "closed" });
  feed.push({ type: "open" });
  expect(await read).toEqual(["open", "disconnected", "connecting", "closed"]);
  expect(await rest(feed.read())).toEqual(["closed"]);
  expect(feed.readers).toBe(0);
});

test("one that lags behind misses the oldest, not the newest, and holds 64", async () => {
  const feed = new StatusFeed();
  const statuses = feed.read();
  expect(await statuses.next()).toEqual({ done: false, value: { type: "idle" } });
  for (let delayMs = 0; delayMs < 1_000; delayMs++) {
    feed.push({ type: "retrying", error: new Error("away"), delayMs });
  }
  feed.push({ type: "closed" });
  const types = await rest(statuses);
  expect(types).toHaveLength(64);
  expect(types.at(-1)).toBe("closed");
});

test("it can be left while it waits, and nothing is kept of it", async () => {
  const feed = new StatusFeed();
  const statuses = feed.read();
  await statuses.next();
  const awaited = statuses.next();
  expect(feed.readers).toBe(1);
  await statuses.return?.();
  expect(await awaited).toEqual({ done: true, value: undefined });
  expect(feed.readers).toBe(0);
  for await (const _ of feed.read()) break;
  expect(feed.readers).toBe(0);
});

test("one that nobody reads from is not kept", () => {
  const feed = new StatusFeed();
  for (let i = 0; i < 100; i++) feed.read();
  expect(feed.readers).toBe(0);
});
