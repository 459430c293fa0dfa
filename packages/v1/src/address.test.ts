import { expect, test } from "vitest";
import { parseAddress } from "./address.js";

test.each([
  ["localhost:3457", "localhost", 3457],
  ["127.0.0.1:1", "127.0.0.1", 1],
  ["[::1]:65535", "::1", 65535],
  ["[fe80::1%eth0]:3457", "fe80::1%eth0", 3457],
  ["agent.service.cf.internal:3457", "agent.service.cf.internal", 3457],
])("%s is taken apart", (address, host, port) => {
  expect(parseAddress(address)).toEqual({ host, port });
});

test.each([
  "",
  "localhost",
  ":3457",
  "localhost:",
  "localhost:0",
  "localhost:65536",
  "localhost:x",
  "::1:3457",
  "udp://localhost:3457",
  "local host:3457",
  3457,
  undefined,
])("%j is refused by name", (address) => {
  expect(() => parseAddress(address)).toThrow(TypeError);
  expect(() => parseAddress(address)).toThrow("address: expected");
});
