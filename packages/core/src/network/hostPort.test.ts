import { describe, expect, test } from "vitest";
import {
  formatHostPort,
  isLoopbackHost,
  OptionTypeError,
  parseHostPort,
  splitHostPort,
} from "../index.js";

describe("splitHostPort", () => {
  test.each([
    ["localhost:3458", "localhost", 3458],
    ["127.0.0.1:1", "127.0.0.1", 1],
    ["reverse-log_proxy.service.cf.internal:65535", "reverse-log_proxy.service.cf.internal", 65535],
    ["[::1]:8082", "::1", 8082],
    ["[fe80::1%eth0]:8082", "fe80::1%eth0", 8082],
    ["[::ffff:1.2.3.4]:80", "::ffff:1.2.3.4", 80],
    ["[0:0:0:0:0:0:0:1]:80", "0:0:0:0:0:0:0:1", 80],
  ])("reads %s", (text, host, port) => {
    expect(splitHostPort(text)).toEqual({ host, port });
    expect(formatHostPort({ host, port })).toBe(text);
  });

  test.each([
    "",
    ":",
    "localhost",
    "localhost:",
    ":3458",
    "localhost:0",
    "localhost:65536",
    "localhost:99999999999999999999",
    "localhost:-1",
    "localhost:+1",
    "localhost:1.5",
    "localhost:1e3",
    "localhost:http",
    "localhost:3458 ",
    " localhost:3458",
    "localhost:3458\n",
    "localhost: 3458",
    "localhost:٣",
    "http://localhost:3458",
    "localhost:3458/",
    "user@localhost:3458",
    "::1:3458",
    "[]:3458",
    "[::1]",
    "[::1]3458",
    "[1.2.3.4]:80",
    "[localhost]:80",
    "[:::1]:80",
    "[1:2:3]:80",
    "[12345::]:80",
    "[::1%]:80",
    "a:b:1",
    "dns:///localhost:3458",
  ])("returns undefined for %j", (text) => {
    expect(splitHostPort(text)).toBe(undefined);
  });

  test("accepts port 0 if that is the minimum", () => {
    expect(splitHostPort("localhost:0", 0)).toEqual({ host: "localhost", port: 0 });
  });

  test("takes linear time", () => {
    const begin = performance.now();
    for (const part of ["a", "1", ":", "[", "a.", "0:", "%"]) {
      expect(splitHostPort(part.repeat(1_000_000))).toBe(undefined);
      expect(splitHostPort(`[${part.repeat(1_000_000)}`)).toBe(undefined);
    }
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});

test("parseHostPort names the option and the value", () => {
  expect(parseHostPort("address", "localhost:3458")).toEqual({ host: "localhost", port: 3458 });
  const reject = (value: unknown) => () => parseHostPort("address", value);
  expect(reject("localhost")).toThrow(
    new OptionTypeError("address", '"host:port" or "[IPv6]:port"', '"localhost"'),
  );
  expect(reject("")).toThrow('address must be "host:port" or "[IPv6]:port", got ""');
  expect(reject(undefined)).toThrow("got undefined");
  expect(reject({ host: "localhost", port: 1 })).toThrow("got an object");
});

describe("isLoopbackHost", () => {
  test.each([
    "localhost",
    "LocalHost",
    "localhost.",
    "app.localhost",
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
  ])("%s is loopback", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  test.each([
    "",
    "example.com",
    "localhost.example.com",
    "notlocalhost",
    "127.0.0.1.example.com",
    "127.0.0.1:80",
    "127.1000.0.1",
    "128.0.0.1",
    "1127.0.0.1",
    "0.0.0.0",
    "::",
    "::2",
    "::1.example.com",
    "localhost\n",
  ])("%j is not", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
