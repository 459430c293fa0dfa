import { formatValue, OptionTypeError } from "@loggregator/core";
import { expect, test } from "vitest";
import { parseAddress } from "./address.js";

test.for([
  ["localhost:3458", { type: "tcp", host: "localhost", port: 3458 }],
  ["127.0.0.1:1", { type: "tcp", host: "127.0.0.1", port: 1 }],
  [
    "agent.service.cf.internal:65535",
    { type: "tcp", host: "agent.service.cf.internal", port: 65535 },
  ],
  ["my_agent-1:3458", { type: "tcp", host: "my_agent-1", port: 3458 }],
  ["[::1]:3458", { type: "tcp", host: "::1", port: 3458 }],
  ["[fe80::1%eth0]:3458", { type: "tcp", host: "fe80::1%eth0", port: 3458 }],
  ["[::ffff:127.0.0.1]:3458", { type: "tcp", host: "::ffff:127.0.0.1", port: 3458 }],
  // A host may be named like a URL scheme.
  ["dns:53", { type: "tcp", host: "dns", port: 53 }],
  ["unix:/run/agent.sock", { type: "unix", path: "/run/agent.sock" }],
  ["unix:agent.sock", { type: "unix", path: "agent.sock" }],
  ["unix:///run/agent.sock", { type: "unix", path: "/run/agent.sock" }],
] as const)("parses %s", ([address, parsed]) => {
  expect(parseAddress(address)).toEqual(parsed);
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
  "unix:a\0b",
])("rejects %j", (address) => {
  expect(() => parseAddress(address)).toThrow(
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
])("rejects a value that is not text", (address) => {
  expect(() => parseAddress(address)).toThrow(TypeError);
  expect(() => parseAddress(address)).toThrow(`got ${formatValue(address)}`);
});
