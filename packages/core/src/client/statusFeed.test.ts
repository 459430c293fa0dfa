import { describe, expect, test } from "vitest";
import { type ConnectionStatus, StatusFeed } from "../index.js";

const retrying = (delayMs: number): ConnectionStatus => ({
  type: "retrying",
  error: new Error("refused"),
  delayMs,
});

async function types(statuses: AsyncIterable<ConnectionStatus>): Promise<string[]> {
  const all: string[] = [];
  for await (const { type } of statuses) {
    all.push(type);
  }
  return all;
}

test("yields the current status, each change, and ends after closed", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
  const reading = types(feed.read());
  feed.push({ type: "connecting" });
  feed.push({ type: "open" });
  feed.push({ type: "closed" });
  feed.push({ type: "open" });
  expect(await reading).toEqual(["idle", "connecting", "open", "closed"]);
  expect(feed.readers).toBe(0);
});

test("starts with the next status if it has no current one", async () => {
  const feed = new StatusFeed<ConnectionStatus>();
  feed.push({ type: "open" });
  const reading = types(feed.read());
  feed.push({ type: "disconnected" });
  feed.push({ type: "closed" });
  expect(await reading).toEqual(["disconnected", "closed"]);
});

test.each([
  ["that has a current status", new StatusFeed<ConnectionStatus>({ type: "idle" })],
  ["that has none", new StatusFeed<ConnectionStatus>()],
])("a reader that starts after the end of a feed %s receives closed", async (_, feed) => {
  const error = new Error("refused");
  feed.push({ type: "closed", error });
  expect(await feed.read().next()).toEqual({ value: { type: "closed", error }, done: false });
  expect(await types(feed.read())).toEqual(["closed"]);
});

test("a feed that starts closed stays closed", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "closed" });
  feed.push({ type: "open" });
  expect(await types(feed.read())).toEqual(["closed"]);
});

test("each reader receives all statuses at its own pace", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
  const [slow, fast] = [feed.read(), feed.read()];
  expect(await slow.next()).toMatchObject({ value: { type: "idle" } });
  const fastTypes = types(fast);
  feed.push({ type: "connecting" });
  feed.push({ type: "closed" });
  expect(await fastTypes).toEqual(["idle", "connecting", "closed"]);
  expect(await types(slow)).toEqual(["connecting", "closed"]);
});

test("a slow reader loses the oldest of more than 64 statuses, but never the last one", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
  const reader = feed.read();
  await reader.next();
  for (let i = 1; i <= 100; i++) {
    feed.push(retrying(i));
  }
  feed.push({ type: "closed" });
  const read: unknown[] = [];
  for await (const status of reader) {
    read.push("delayMs" in status ? status.delayMs : status.type);
  }
  expect(read).toEqual([...Array.from({ length: 63 }, (_, index) => index + 38), "closed"]);
});

describe("an iteration can be ended", () => {
  test("while a status is awaited", async () => {
    const feed = new StatusFeed<ConnectionStatus>();
    const reader = feed.read();
    const next = reader.next();
    expect(feed.readers).toBe(1);
    const returned = reader.return?.();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(await returned).toEqual({ value: undefined, done: true });
    expect(feed.readers).toBe(0);
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  test("between two statuses", async () => {
    const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
    for await (const { type } of feed.read()) {
      expect(type).toBe("idle");
      expect(feed.readers).toBe(1);
      break;
    }
    expect(feed.readers).toBe(0);
  });

  test("before it began", async () => {
    const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
    const reader = feed.read();
    await reader.return?.();
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    expect(feed.readers).toBe(0);
  });

  test("by several concurrent calls", async () => {
    const feed = new StatusFeed<ConnectionStatus>();
    const reader = feed.read();
    const calls = [reader.next(), reader.next(), reader.return?.(), reader.return?.()];
    const results = await Promise.all(calls);
    expect(results.map((result) => result?.done)).toEqual([true, true, true, true]);
    expect(feed.readers).toBe(0);
  });
});

test("yields a status that is pushed while the reader handles another one", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
  const read: string[] = [];
  for await (const { type } of feed.read()) {
    read.push(type);
    if (type === "idle") {
      feed.push({ type: "open" });
    }
    if (type === "open") {
      feed.push({ type: "closed" });
    }
  }
  expect(read).toEqual(["idle", "open", "closed"]);
});

test("push can be passed as a callback", async () => {
  const feed = new StatusFeed<ConnectionStatus>({ type: "idle" });
  const { push } = feed;
  push({ type: "closed" });
  expect(await types(feed.read())).toEqual(["closed"]);
});
