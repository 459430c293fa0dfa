import { describe, expect, test } from "vitest";
import { isCrossOrigin, isLocalHostHeader } from "./requestOrigin.js";

describe("isLocalHostHeader", () => {
  test.each([
    "127.0.0.1",
    "127.0.0.1:8088",
    "192.168.1.7:8088",
    "[::1]",
    "[::1]:8088",
    "localhost",
    "LOCALHOST:8088",
    "gateway.localhost:1",
    "emulator:8088",
    undefined,
  ])("accepts %j", (host) => {
    expect(isLocalHostHeader(host)).toBe(true);
  });

  test.each([
    "evil.example",
    "evil.example:8088",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8088",
    "localhost.",
    "evil.example:8088:8088",
    "user@evil.example",
    "",
    ":8088",
  ])("refuses %j", (host) => {
    expect(isLocalHostHeader(host)).toBe(false);
  });

  test("accepts other hosts that are listed", () => {
    expect(isLocalHostHeader("log-stream.test:8088", ["Log-Stream.test"])).toBe(true);
    expect(isLocalHostHeader("x.log-stream.test:8088", ["log-stream.test"])).toBe(false);
  });

  test("takes linear time for long headers", () => {
    const begin = performance.now();
    isLocalHostHeader("a.".repeat(500_000));
    isLocalHostHeader(`${"1".repeat(500_000)}.`);
    isLocalHostHeader(":".repeat(500_000));
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describe("isCrossOrigin", () => {
  const host = "127.0.0.1:8088";

  test.each(["cross-site", "same-site"])("is true for Sec-Fetch-Site: %s", (fetchSite) => {
    expect(isCrossOrigin({ host, fetchSite })).toBe(true);
  });

  test.each(["same-origin", "none"])("is false for Sec-Fetch-Site: %s", (fetchSite) => {
    expect(isCrossOrigin({ host, fetchSite, origin: "http://evil.example" })).toBe(false);
  });

  test.each(["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])(
    "without Sec-Fetch-Site, is true for the origin %s",
    (origin) => {
      expect(isCrossOrigin({ host, origin })).toBe(true);
    },
  );

  test.each([undefined, "http://127.0.0.1:8088", "https://127.0.0.1:8088"])(
    "without Sec-Fetch-Site, is false for the origin %s",
    (origin) => {
      expect(isCrossOrigin({ host, origin })).toBe(false);
    },
  );
});
