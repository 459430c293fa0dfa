import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { ChangeNotifier } from "../index.js";

test("resolves to true once the condition holds after a change", async () => {
  const changes = new ChangeNotifier();
  const { signal } = new AbortController();
  let count = 0;
  const waiting = [1, 2].map((target) => changes.until(() => count >= target, signal));
  count = 1;
  changes.notify();
  expect(await waiting[0]).toBe(true);
  count = 2;
  changes.notify();
  expect(await waiting[1]).toBe(true);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("resolves to false if the signal aborts first, and to true if the condition holds already", async () => {
  const changes = new ChangeNotifier();
  const abort = new AbortController();
  const waiting = changes.until(() => false, abort.signal);
  abort.abort();
  expect(await waiting).toBe(false);
  expect(await changes.until(() => false, abort.signal)).toBe(false);
  expect(await changes.until(() => true, abort.signal)).toBe(true);
});
