import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Outage } from "./outage.js";

let told: string[];
let outage: Outage;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(60_000);
  told = [];
  outage = new Outage((message) => told.push(message));
});

afterEach(() => {
  vi.useRealTimers();
});

test("an outage is told once, however often it is tried again, and so is its end", () => {
  outage.failed("gone");
  outage.failed("gone");
  vi.advanceTimersByTime(5_000);
  outage.failed("gone");
  outage.mended();
  outage.mended();
  expect(told).toEqual(["gone; trying again until it works", "connected again"]);
});

test("one that lasts is told of every now and then, with what it is about by then", () => {
  outage.failed("gone");
  vi.advanceTimersByTime(10_000);
  outage.failed("still gone");
  expect(told.at(-1)).toBe("still gone; trying again until it works");
});

test("a connection that comes and goes does not fill the screen", () => {
  for (let second = 0; second < 60; second++) {
    outage.failed("gone");
    outage.mended();
    vi.advanceTimersByTime(1_000);
  }
  expect(told).toHaveLength(12);
});

test("a connection at the beginning is nothing to tell", () => {
  outage.mended();
  expect(told).toEqual([]);
});
