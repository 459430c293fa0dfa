import { expect, test } from "vitest";
import { PingPolicy } from "./keepalive.js";

test("pings every 10 s are never too many", () => {
  const policy = new PingPolicy();
  for (let now = 0; now < 1_000_000; now += 10_000) {
    expect(policy.ping(now)).toBe(false);
  }
});

test("of pings that come sooner two are forgiven", () => {
  const policy = new PingPolicy();
  const refused = [0, 9_999, 19_998, 29_997].map((now) => policy.ping(now));
  expect(refused).toEqual([false, false, false, true]);
});

test("what the server sends makes the next ping good, and forgives those before", () => {
  const policy = new PingPolicy();
  policy.ping(0);
  policy.ping(1);
  policy.ping(2);
  policy.sent();
  expect([3, 4, 5, 6].map((now) => policy.ping(now))).toEqual([false, false, false, true]);
});
