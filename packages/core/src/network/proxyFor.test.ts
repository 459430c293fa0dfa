import { describe, expect, test } from "vitest";
import { proxyFor } from "./proxyFor.js";

const target = (url: string) => new URL(url);

describe("proxyFor", () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ["https://gw.example", {}, undefined],
    ["https://gw.example", { HTTPS_PROXY: "http://p:1" }, "http://p:1/"],
    ["https://gw.example", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://gw.example", { HTTP_PROXY: "http://p:1" }, "http://p:1/"],
    ["https://gw.example", { HTTPS_PROXY: "http://p:1", https_proxy: "http://q:2" }, "http://q:2/"],
    ["https://gw.example", { HTTPS_PROXY: "http://p:1", https_proxy: "" }, "http://p:1/"],
    ["https://gw.example", { HTTPS_PROXY: "p.example:3128" }, "http://p.example:3128/"],
    ["https://gw.example", { HTTPS_PROXY: "https://u:w@p:1" }, "https://u:w@p:1/"],
  ])("for %s with %j is %s", (url, env, proxy) => {
    expect(proxyFor(target(url), env)?.href).toBe(proxy);
  });

  test.each<[string, string, boolean]>([
    ["https://gw.example", "*", true],
    ["https://gw.example", "gw.example", true],
    ["https://GW.example", "other, GW.EXAMPLE", true],
    ["https://a.gw.example", "gw.example", true],
    ["https://a.gw.example", ".gw.example", true],
    ["https://a.gw.example", "*.gw.example", true],
    ["https://notgw.example", "gw.example", false],
    ["https://gw.example", "example:443", true],
    ["https://gw.example:8443", "gw.example:443", false],
    ["https://127.0.0.1:8443", "localhost 127.0.0.1", true],
    ["https://[::1]:8443", "[::1]:8443", true],
    ["https://[::1]:8443", "::1", true],
    ["https://gw.example", ", ,", false],
  ])("is not used for %s with NO_PROXY=%s: %s", (url, list, isExempt) => {
    const env = { HTTPS_PROXY: "http://p:1", NO_PROXY: list };
    expect(proxyFor(target(url), env) === undefined).toBe(isExempt);
  });

  test.each(["socks5://p:1", "http://", "http://user:geheim@p:port"])("rejects %s", (value) => {
    const find = () => proxyFor(target("https://gw.example"), { HTTPS_PROXY: value });
    expect(find).toThrow(/^HTTPS_PROXY must be the URL of an HTTP proxy/);
    expect(find).not.toThrow(/geheim/);
  });
});
