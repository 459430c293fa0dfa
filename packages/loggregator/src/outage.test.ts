import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Outage } from "./outage.js";

let said: string[];
let outage: Outage;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(60_000);
  said = [];
  outage = new Outage((message) => said.push(message));
});

afterEach(() => {
  vi.useRealTimers();
});

test("reports an outage once, however many attempts fail, and its end", () => {
  outage.failed("gone");
  outage.failed("gone");
  vi.advanceTimersByTime(5_000);
  outage.failed("gone");
  outage.recovered();
  outage.recovered();
  expect(said).toEqual(["gone; retrying until it succeeds", "connected again"]);
});

test("reports a lasting outage again from time to time, with the latest reason", () => {
  outage.failed("gone");
  vi.advanceTimersByTime(10_000);
  outage.failed("still gone");
  expect(said.at(-1)).toBe("still gone; retrying until it succeeds");
});

test("limits the reports of an unstable connection", () => {
  for (let second = 0; second < 60; second++) {
    outage.failed("gone");
    outage.recovered();
    vi.advanceTimersByTime(1_000);
  }
  expect(said).toHaveLength(12);
});

test("does not report the first connection", () => {
  outage.recovered();
  expect(said).toEqual([]);
});
