import { expect, test } from "vitest";
import { proxyFor } from "./proxyFor.js";

const proxy = "http://proxy:3128";
const there = { host: "rlp.example.com", port: 8082 };

test("the scheme selects the variable, lower case first", () => {
  expect(proxyFor("https", there, { https_proxy: proxy, HTTPS_PROXY: "other" })).toBe(proxy);
  expect(proxyFor("https", there, { HTTPS_PROXY: ` ${proxy} ` })).toBe(proxy);
  expect(proxyFor("http", there, { http_proxy: proxy, https_proxy: "other" })).toBe(proxy);
  expect(proxyFor("http", there, { HTTP_PROXY: proxy })).toBeUndefined();
  expect(proxyFor("https", there, { http_proxy: proxy })).toBeUndefined();
  expect(proxyFor("https", there, { https_proxy: "" })).toBeUndefined();
});

test("loopback addresses are never reached through a proxy", () => {
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]) {
    expect(proxyFor("https", { host, port: 1 }, { https_proxy: proxy })).toBeUndefined();
  }
});

test.for([
  ["*", true],
  ["example.com", true],
  [".example.com", true],
  ["*.example.com", true],
  ["EXAMPLE.com", true],
  ["rlp.example.com", true],
  ["rlp.example.com:8082", true],
  ["rlp.example.com:443", false],
  ["other.com, example.com", true],
  ["other.com example.com", true],
  ["ample.com", false],
  ["com", true],
  ["", false],
  [",", false],
  ["10.0.0.0/8", false],
] as const)("no_proxy=%s: exception %s", ([exceptions, isException]) => {
  for (const name of ["no_proxy", "NO_PROXY"]) {
    const environment = { https_proxy: proxy, [name]: exceptions };
    expect(proxyFor("https", there, environment)).toBe(isException ? undefined : proxy);
  }
});

test("no_proxy lists addresses and IPv4 ranges", () => {
  const isException = (host: string, no_proxy: string) =>
    proxyFor("https", { host, port: 1 }, { https_proxy: proxy, no_proxy }) === undefined;
  expect(isException("10.1.2.3", "10.0.0.0/8")).toBe(true);
  expect(isException("11.1.2.3", "10.0.0.0/8")).toBe(false);
  expect(isException("10.1.2.3", "10.1.2.3")).toBe(true);
  expect(isException("10.1.2.3", "10.1.2.0/33")).toBe(false);
  expect(isException("200.1.2.3", "0.0.0.0/0")).toBe(true);
  expect(isException("2001:db8::1", "2001:db8::1")).toBe(true);
  expect(isException("2001:db8::1", "[2001:db8::1]:1")).toBe(true);
  expect(isException("2001:db8::1", "10.0.0.0/8")).toBe(false);
});
