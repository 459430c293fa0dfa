import { describe, expect, test } from "vitest";
import { tokenRefusal } from "./tokenRefusal.js";

const target = new URL("https://api.sys.example.com");

function isSent(url: string, api: URL | undefined = target, allowed: readonly string[] = []) {
  return tokenRefusal(new URL(url), api, allowed) === undefined;
}

describe("the token of the cf command", () => {
  test.each([
    "https://log-stream.sys.example.com",
    "https://LOG-STREAM.SYS.EXAMPLE.COM:8443/path",
    "https://log-stream.sys.example.com.",
    "https://api.sys.example.com",
    "https://a.b.sys.example.com",
  ])("is sent to %s, of the same foundation", (url) => {
    expect(isSent(url)).toBe(true);
  });

  test.each([
    "https://evil.example",
    "https://sys.example.com.evil.example",
    "https://evilsys.example.com",
    "https://log-stream.other.example.com",
    "https://example.com",
    "https://sys.example.com",
    "https://api.sys.example.com@evil.example",
    "https://127.0.0.1:8088",
    "http://localhost:8088",
  ])("is not sent to %s", (url) => {
    expect(isSent(url)).toBe(false);
  });

  test("is not sent without TLS, not even to a host that is allowed", () => {
    expect(isSent("http://log-stream.sys.example.com")).toBe(false);
    expect(isSent("http://evil.example", target, ["evil.example"])).toBe(false);
  });

  test("is sent to hosts that the user allows", () => {
    expect(isSent("https://gateway.example:8443", target, ["GATEWAY.example"])).toBe(true);
    expect(isSent("https://sub.gateway.example", target, ["gateway.example"])).toBe(false);
    expect(isSent("http://127.0.0.1:8088", target, ["127.0.0.1"])).toBe(true);
    expect(isSent("https://[fe80::1]", target, ["fe80::1"])).toBe(true);
  });

  test.each([
    "https://10.0.0.1",
    "https://cloud.example.com",
    "https://api.com",
    "https://api.internal",
  ])(
    "is only sent to the host of the API itself if its domain is not that of a system: %s",
    (api) => {
      const { host, hostname } = new URL(api);
      expect(isSent(`https://${host}`, new URL(api))).toBe(true);
      expect(isSent(`https://log-stream.${hostname}.`.replace("10.0.0.1", "x"), new URL(api))).toBe(
        false,
      );
      expect(isSent("https://log-stream.com", new URL(api))).toBe(false);
      expect(isSent("https://log-stream.internal", new URL(api))).toBe(false);
      expect(isSent("https://log-stream.example.com", new URL(api))).toBe(false);
    },
  );

  test("is sent to this machine if the foundation is here, or not known", () => {
    expect(isSent("http://127.0.0.1:8088", new URL("https://api.localhost"))).toBe(true);
    expect(tokenRefusal(new URL("http://127.0.0.1:8088"), undefined, [])).toBeUndefined();
    expect(tokenRefusal(new URL("http://[::1]:8088"), undefined, [])).toBeUndefined();
    expect(tokenRefusal(new URL("https://gateway.example"), undefined, [])).toContain("not sent");
  });

  test("the reason contains the flag that allows it", () => {
    expect(tokenRefusal(new URL("https://gateway.example"), target, [])).toBe(
      "the token of the cf command is for api.sys.example.com and is not sent to gateway.example; allow that with --send-token-to gateway.example",
    );
  });
});
