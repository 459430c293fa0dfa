import { expect, test } from "vitest";
import { addressesOf, openHosts, reachable, usualPorts } from "./addresses.js";

test("listens on 127.0.0.1, or on the host of --bind, unless an address is given", () => {
  expect(addressesOf(usualPorts, {})).toMatchObject({
    ingress: "127.0.0.1:3458",
    gatewayHttps: "127.0.0.1:0",
    api: "127.0.0.1:8090",
  });
  expect(addressesOf(usualPorts, { bind: "::", egress: "localhost:1" })).toMatchObject({
    ingress: "[::]:3458",
    egress: "localhost:1",
  });
});

test("only loopback hosts are closed to other machines", () => {
  expect(openHosts(addressesOf(usualPorts, {}))).toEqual([]);
  expect(openHosts(addressesOf(usualPorts, { bind: "localhost" }))).toEqual([]);
  expect(openHosts(addressesOf(usualPorts, { bind: "::1" }))).toEqual([]);
  expect(openHosts(addressesOf(usualPorts, { bind: "0.0.0.0" }))).toEqual(["0.0.0.0"]);
  expect(openHosts(addressesOf(usualPorts, { api: "10.0.0.1:80" }))).toEqual(["10.0.0.1"]);
});

test.each([
  ["0.0.0.0:1", undefined, "127.0.0.1:1"],
  ["[::]:1", undefined, "[::1]:1"],
  ["10.0.0.1:1", undefined, "10.0.0.1:1"],
  ["0.0.0.0:1", "emulator", "emulator:1"],
  ["http://127.0.0.1:1", "emulator", "http://emulator:1"],
  ["https://[::1]:1", "fd00::7", "https://[fd00::7]:1"],
])("clients reach %s with --advertise %s at %s", (address, host, expected) => {
  expect(reachable(address, host)).toBe(expected);
});
