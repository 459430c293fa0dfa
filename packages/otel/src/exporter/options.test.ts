import { describe, expect, test } from "vitest";
import { environmentOptions } from "./environment.js";
import { exporterSettings } from "./options.js";

const url = "http://localhost:4318";

test.each<[object, string]>([
  [{}, "url must be given if address is not, got neither"],
  [{ url, address: "a:1" }, "url must be given if address is not, got both"],
  [{ url: "ftp://a" }, "url must be an http or https URL"],
  [{ url: { logs: url } }, "url.metrics must be an http or https URL"],
  [{ address: "a:1" }, "tls must be given with address: certificates, {}, or false for plain text"],
  [{ address: "a:1", tls: {}, encoding: "json" }, "encoding must be undefined with address"],
  [{ address: "", tls: {} }, "address must be a non-empty string"],
  [{ address: { logs: "a:1" }, tls: {} }, "address.metrics must be a non-empty string"],
  [{ url, encoding: "xml" }, 'encoding must be "protobuf" or "json", got "xml"'],
  [{ url, compression: "br" }, 'compression must be "gzip" or "none", got "br"'],
  [{ url, headers: { "a b": "c" } }, "headers must be valid header names"],
  [{ url, headers: { a: "s3cr3t\n" } }, 'headers["a"] must be a header value, got string'],
  [{ url, batchMaxSize: 0 }, "batchMaxSize must be a positive integer, got 0"],
  [{ url, maxQueueSize: 1.5 }, "maxQueueSize must be a positive integer, got 1.5"],
  [{ url, timeout: 5 }, 'unknown option "timeout"; did you mean "timeoutMs"?'],
  [{ url, onDropped: 5 }, "onDropped must be a function, got 5"],
])("rejects %j", (options, message) => {
  expect(() => exporterSettings(options as never)).toThrow(message);
  expect(message).not.toContain("s3cr3t");
});

test("paths are appended to a base URL, and not to the URLs of signals", () => {
  expect(exporterSettings({ url: `${url}/x/` }).urls).toEqual({
    logs: `${url}/x/v1/logs`,
    metrics: `${url}/x/v1/metrics`,
    traces: `${url}/x/v1/traces`,
  });
  const urls = { logs: `${url}/a`, metrics: `${url}/b`, traces: `${url}/c` };
  expect(exporterSettings({ url: urls }).urls).toEqual(urls);
});

test("variables of the environment are OpenTelemetry's", () => {
  expect(environmentOptions({})).toMatchObject({ url: "http://localhost:4318" });
  expect(
    environmentOptions({
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example/",
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "https://logs.example/in",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b, x=y=z",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    }),
  ).toEqual({
    url: {
      logs: "https://logs.example/in",
      metrics: "https://otlp.example/v1/metrics",
      traces: "https://otlp.example/v1/traces",
    },
    encoding: "json",
    compression: "gzip",
    headers: { "api-key": "a b", x: "y=z" },
    timeoutMs: 2_500,
  });
});

describe("variables for gRPC", () => {
  const grpc = (variables: Record<string, string>) =>
    environmentOptions({
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      ...Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
      ),
    });

  test.each<[Record<string, string>, object]>([
    [{}, { address: "localhost:4317", tls: false }],
    [{ ENDPOINT: "http://a.example:9" }, { address: "a.example:9", tls: false }],
    [{ ENDPOINT: "https://a.example" }, { address: "a.example:4317", tls: {} }],
    [{ ENDPOINT: "a.example:9" }, { address: "a.example:9", tls: {} }],
    [
      { ENDPOINT: "a.example:9", INSECURE: "true" },
      { address: "a.example:9", tls: false },
    ],
    [{ COMPRESSION: "gzip" }, { compression: "gzip" }],
    [
      { ENDPOINT: "https://a.example", LOGS_ENDPOINT: "https://b.example:1" },
      { address: { logs: "b.example:1", metrics: "a.example:4317", traces: "a.example:4317" } },
    ],
    [
      { ENDPOINT: "https://a", CERTIFICATE: "ca", CLIENT_CERTIFICATE: "c", CLIENT_KEY: "k" },
      { tls: expect.any(Function) },
    ],
  ])("%j", (variables, options) => {
    expect(grpc(variables)).toMatchObject(options);
  });
});

test.each<[Record<string, string>, string]>([
  [{ PROTOCOL: "thrift" }, 'PROTOCOL must be "grpc", "http/protobuf" or "http/json", got "thrift"'],
  [{ COMPRESSION: "br" }, 'COMPRESSION must be "gzip" or "none", got "br"'],
  [{ HEADERS: "s3cr3t" }, "HEADERS must be pairs name=value, got a pair without a name or ="],
  [{ PROTOCOL: "grpc", ENDPOINT: "unix:///a" }, "ENDPOINT must be an http or https URL"],
  [
    { PROTOCOL: "grpc", ENDPOINT: "https://a", LOGS_ENDPOINT: "http://a" },
    "OTEL_EXPORTER_OTLP_ENDPOINT must be an http URL, like that of logs",
  ],
  [{ CLIENT_CERTIFICATE: "c" }, "CLIENT_KEY must be the path of a PEM file, got undefined"],
])("rejects variables %j", (variables, message) => {
  const environment = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  expect(() => environmentOptions(environment)).toThrow(message);
});
