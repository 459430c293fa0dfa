import { describe, expect, test } from "vitest";
import { UsageError } from "../../errors.js";
import { parseDestination } from "./destination.js";

describe("parseDestination", () => {
  test.each([
    ["stdout", { kind: "stdout", name: "stdout" }],
    [
      "otlp://collector",
      { kind: "otlp", name: "otlp://collector:4318", url: "http://collector:4318" },
    ],
    [
      "otlp://[::1]:80/base/",
      { kind: "otlp", name: "otlp://[::1]:80/base", url: "http://[::1]:80/base" },
    ],
    [
      "otlps://otel.example.com/otlp",
      {
        kind: "otlp",
        name: "otlps://otel.example.com:443/otlp",
        url: "https://otel.example.com:443/otlp",
      },
    ],
    [
      "OTLP-grpc://collector",
      {
        kind: "otlp-grpc",
        name: "otlp-grpc://collector:4317",
        address: "collector:4317",
        tls: false,
      },
    ],
    [
      "otlps-grpc://[::1]:80",
      { kind: "otlp-grpc", name: "otlps-grpc://[::1]:80", address: "[::1]:80", tls: true },
    ],
    [
      "prometheus://:9090",
      { kind: "prometheus", name: "prometheus://:9090", host: undefined, port: 9090 },
    ],
    [
      "prometheus://[::1]:0",
      { kind: "prometheus", name: "prometheus://[::1]:0", host: "::1", port: 0 },
    ],
    [
      "syslog-tls://host:6514",
      {
        kind: "drain",
        name: "syslog-tls://host:6514",
        url: "syslog-tls://host:6514",
        isHttp: false,
      },
    ],
    [
      "https://me:secret@host/drain?key=secret",
      {
        kind: "drain",
        name: "https://host/drain",
        url: "https://me:secret@host/drain?key=secret",
        isHttp: true,
      },
    ],
  ] as const)("reads %s", (text, expected) => {
    expect(parseDestination(text)).toEqual(expected);
  });

  test.each([
    ...["", "nowhere", "host:4318", "ftp://me:secret@host", "x://host?key=secret", "://host"],
    ...[
      "otlp://",
      "otlp://me:secret@host",
      "otlp://host?key=secret",
      "otlp-grpc://",
      "otlps-grpc://me:secret@host",
    ],
    ...["syslog://", "https://", "syslog-tls://host:99999"],
    ...["prometheus://", "prometheus://host", "prometheus://:x", "prometheus://:99999"],
    ...["prometheus://me:secret@host:9090"],
  ])("rejects %j without showing secrets", (text) => {
    expect(() => parseDestination(text)).toThrow(UsageError);
    expect(() => parseDestination(text)).toThrow(/^--to must be /);
    expect(() => parseDestination(text)).not.toThrow(/secret/);
  });
});
