import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DroppedNotice } from "./droppedNotice.js";

let said: string[];
let notice: DroppedNotice;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  notice = new DroppedNotice((message) => said.push(message), "too slow");
});

afterEach(() => {
  vi.useRealTimers();
});

test("reports the first ones immediately, and further ones together", () => {
  notice.total = 1;
  notice.total = 40;
  notice.total = 1_341;
  expect(said).toEqual(["1 envelope dropped: too slow"]);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["1 envelope dropped: too slow", "1,340 envelopes dropped: too slow"]);
  vi.advanceTimersByTime(10_000);
  expect(said).toHaveLength(2);
});

test("reports all of them by the end", () => {
  notice.total = 1;
  notice.total = 3;
  notice[Symbol.dispose]();
  expect(said).toEqual(["1 envelope dropped: too slow", "2 envelopes dropped: too slow"]);
  vi.advanceTimersByTime(10_000);
  expect(said).toHaveLength(2);
});

test("prints nothing if nothing is dropped", () => {
  notice.total = 0;
  notice[Symbol.dispose]();
  expect(said).toEqual([]);
});
