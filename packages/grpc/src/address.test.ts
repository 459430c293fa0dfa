import { formatValue, OptionTypeError } from "@loggregator/core";
import { expect, test } from "vitest";
import { checkAddress, isLoopback } from "./address.js";

test.for([
  ["localhost:3458", "dns:localhost:3458"],
  ["127.0.0.1:1", "dns:127.0.0.1:1"],
  ["agent.service.cf.internal:65535", "dns:agent.service.cf.internal:65535"],
  ["my_agent-1:3458", "dns:my_agent-1:3458"],
  ["[::1]:3458", "dns:[::1]:3458"],
  ["[fe80::1%eth0]:3458", "dns:[fe80::1%eth0]:3458"],
  ["[::ffff:127.0.0.1]:3458", "dns:[::ffff:127.0.0.1]:3458"],
  // A host may be called as grpc-js's schemes are.
  ["dns:53", "dns:dns:53"],
  ["ipv4:3458", "dns:ipv4:3458"],
  ["unix:/run/agent.sock", "unix:/run/agent.sock"],
  ["unix:agent.sock", "unix:agent.sock"],
  ["unix:///run/agent.sock", "unix:///run/agent.sock"],
] as const)("%s is an address", ([address, target]) => {
  expect(checkAddress(address)).toBe(target);
});

test.for([
  "",
  "localhost",
  ":3458",
  "localhost:",
  "localhost:0",
  "localhost:-1",
  "localhost:1.5",
  "localhost:65536",
  "localhost:99999",
  "localhost:123456",
  "localhost:http",
  " localhost:3458",
  "localhost:3458\n",
  "local host:3458",
  "localhost:3458/path",
  "http://localhost:3458",
  "https://localhost:3458",
  "http://x:1",
  "dns:localhost:3458",
  "dns:///localhost:3458",
  "user@localhost:3458",
  "::1:3458",
  "::1",
  "[::1]",
  "[::1]:0",
  "[]:3458",
  "[localhost]:3458",
  "[1]:3458",
  "[127.0.0.1]:3458",
  "unix:",
])("%j is none", (address) => {
  expect(() => checkAddress(address)).toThrow(
    new OptionTypeError(
      "address",
      '"host:port", "[IPv6]:port" or "unix:path"',
      JSON.stringify(address),
    ),
  );
});

test.for([
  undefined,
  null,
  3458,
  { host: "localhost", port: 3458 },
  ["localhost:3458"],
  Symbol("localhost"),
  Object.create(null),
])("what is no text is none", (address) => {
  expect(() => checkAddress(address)).toThrow(TypeError);
  expect(() => checkAddress(address)).toThrow(`got ${formatValue(address)}`);
});

test("the addresses of this machine are known", () => {
  for (const address of ["localhost:1", "LOCALHOST:1", "a.localhost:1", "127.0.0.1:1", "[::1]:1"]) {
    expect(isLoopback(address)).toBe(true);
  }
  for (const address of ["notlocalhost:1", "localhost.example:1", "128.0.0.1:1", "[::2]:1"]) {
    expect(isLoopback(address)).toBe(false);
  }
});
