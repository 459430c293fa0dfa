import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RouterLink } from "./routerLink.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Subscribes a stream, and notes when it connects and disconnects, in milliseconds. */
function subscribe(link: RouterLink) {
  const begin = Date.now();
  const events: [string, number][] = [];
  const note = (event: string) => events.push([event, Date.now() - begin]);
  const close = link.subscribe(() => {
    note("connected");
    return () => note("disconnected");
  });
  return { events, close };
}

// The attempts are made at 0, 1, 11, 111, 1111, 11,111, 111,111 and 211,111 ms.
test.each([
  [0, 1],
  [1, 11],
  [100, 111],
  [112, 1111],
  [2800, 11_111],
  [12_000, 111_111],
  [112_000, 211_111],
])("strict: a router that starts after %i ms is reached after %i ms", (startMs, foundMs) => {
  const link = new RouterLink("strict");
  const { events } = subscribe(link);
  link.stop();
  vi.advanceTimersByTime(startMs);
  link.start();
  vi.advanceTimersByTime(300_000);
  expect(events).toEqual([
    ["connected", 0],
    ["disconnected", 0],
    ["connected", foundMs],
  ]);
});

test("strict: each stream has its own attempts; a new one reaches a restarted router immediately", () => {
  const link = new RouterLink("strict");
  const old = subscribe(link);
  link.stop();
  vi.advanceTimersByTime(150);
  const late = subscribe(link);
  link.start();
  const fresh = subscribe(link);
  expect(fresh.events).toEqual([["connected", 0]]);
  vi.advanceTimersByTime(1);
  expect(late.events).toEqual([["connected", 1]]);
  expect(old.events).toHaveLength(2);
});

test("strict: a closed stream makes no more attempts", () => {
  const link = new RouterLink("strict");
  const { events, close } = subscribe(link);
  link.stop();
  close();
  link.start();
  vi.advanceTimersByTime(300_000);
  expect(events).toEqual([
    ["connected", 0],
    ["disconnected", 0],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test("kind: streams stay connected", () => {
  const link = new RouterLink("kind");
  const { events, close } = subscribe(link);
  link.stop();
  expect(link.isRunning).toBe(false);
  link.start();
  close();
  expect(events).toEqual([
    ["connected", 0],
    ["disconnected", 0],
  ]);
});
