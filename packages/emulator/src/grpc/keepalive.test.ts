import { describe, expect, test } from "vitest";
import { PingPolicy } from "./keepalive.js";

/** The forwarder agent's. */
const agent = { minIntervalMs: 300_000, minIdleIntervalMs: 7_200_000 };

describe.each([
  ["a call open", 1, 300_000],
  ["no call open", 0, 7_200_000],
])("with %s", (_, openCalls, intervalMs) => {
  test(`pings every ${intervalMs} ms are always accepted`, () => {
    const policy = new PingPolicy(agent);
    for (let ping = 0; ping < 1000; ping += 1) {
      expect(policy.ping(ping * intervalMs, openCalls)).toBe(false);
    }
  });

  test("the third early ping, which is the fourth ping, is refused", () => {
    const policy = new PingPolicy(agent);
    const pings = [1, 2, 3, 4].map((n) => policy.ping(n * (intervalMs - 1), openCalls));
    expect(pings).toEqual([false, false, false, true]);
  });
});

test("the first ping is never early, so pings each 20 s are refused after 80 s", () => {
  const policy = new PingPolicy(agent);
  const refusedAt = [20, 40, 60, 80].find((seconds) => policy.ping(seconds * 1000, 1));
  expect(refusedAt).toBe(80);
});

test("a response permits the next ping, and resets the strikes", () => {
  const policy = new PingPolicy(agent);
  policy.ping(0, 1);
  policy.ping(1, 1);
  policy.ping(2, 1);
  policy.sent();
  expect([3, 4, 5, 6].map((now) => policy.ping(now, 1))).toEqual([false, false, false, true]);
});

test("a server that permits pings without a call has one interval", () => {
  const policy = new PingPolicy({ minIntervalMs: 10_000, minIdleIntervalMs: 10_000 });
  expect([0, 10_000, 20_000, 30_000].map((now) => policy.ping(now, 0))).not.toContain(true);
});
