import { describe, expect, test } from "vitest";
import { withEnvironment } from "./environment/withEnvironment.js";
import { exporterSettings, type OtlpExporterOptions } from "./otlpExporterOptions.js";
import type { OtlpSignal } from "./otlpSignal.js";

const url = "http://localhost:4318";
const plainGrpc = { address: "localhost:4317", tls: false } as const;

test.each<[object, string]>([
  [{}, "url must be given if address is not, got neither"],
  [{ url, address: "a:1" }, "url must be given if address is not, got both"],
  [{ url: "ftp://a" }, "url must be an http or https URL"],
  [{ signals: { logs: { url } } }, "url must be given if address is not, got neither"],
  [{ url, signals: { logs: { url: "ftp://a" } } }, "signals.logs.url must be an http or https URL"],
  [{ url, signals: { log: {} } }, 'unknown option "signals.log"; did you mean "logs"?'],
  [{ url, signals: { logs: { mode: "cf" } } }, 'unknown option "signals.logs.mode"'],
  [{ address: "a:1" }, "tls must be given with address: certificates, {}, or false for plain text"],
  [{ address: "a:1", tls: {}, encoding: "json" }, "encoding must be undefined with address"],
  [{ address: "", tls: {} }, "address must be a non-empty string"],
  [{ url, signals: { logs: { address: "" } } }, "signals.logs.address must be a non-empty string"],
  [{ url, signals: { logs: { address: "a:1" } } }, "tls must be given with signals.logs.address"],
  [{ url, tls: { key: "s3cr3t" } }, "tls must be undefined with url: it is for address, got cert"],
  [{ url, signals: { logs: { tls: false } } }, "signals.logs.tls must be undefined with url"],
  [
    { address: "a:1", tls: {}, signals: { logs: { encoding: "json" } } },
    "signals.logs.encoding must be undefined with address: it is for url",
  ],
  [
    { url, signals: { traces: { headers: { a: "s3cr3t\n" } } } },
    'signals.traces.headers["a"] must be a header value, got string',
  ],
  [
    { url, signals: { logs: { timeoutMs: 0 } } },
    "signals.logs.timeoutMs must be a positive number",
  ],
  [{ url, encoding: "xml" }, 'encoding must be "protobuf" or "json", got "xml"'],
  [{ url, compression: "br" }, 'compression must be "gzip" or "none", got "br"'],
  [{ url, headers: { "a b": "c" } }, "headers must be valid header names"],
  [{ url, headers: { Connection: "close" } }, "headers must be headers of requests"],
  [{ ...plainGrpc, headers: { upgrade: "x" } }, "headers must be headers of requests"],
  [{ ...plainGrpc, headers: { "a!b": "c" } }, 'headers must be valid header names, got "a!b"'],
  [{ ...plainGrpc, headers: { "X-Bin": "abc" } }, "without the prefix grpc- and the suffix -bin"],
  [{ ...plainGrpc, headers: { "grpc-timeout": "1S" } }, "without the prefix grpc-"],
  [
    { ...plainGrpc, headers: { "api-key": "s3cr3t\u00e9" } },
    'headers["api-key"] must be printable ASCII text, for gRPC, got string',
  ],
  [
    { url, headers: { "a!b": "c" }, signals: { logs: plainGrpc } },
    'headers must be valid header names, got "a!b"',
  ],
  [{ url, headers: { a: "s3cr3t\n" } }, 'headers["a"] must be a header value, got string'],
  [{ url, batchMaxSize: 0 }, "batchMaxSize must be a positive integer, got 0"],
  [{ url, maxQueueSize: 1.5 }, "maxQueueSize must be a positive integer, got 1.5"],
  [{ url, timeout: 5 }, 'unknown option "timeout"; did you mean "timeoutMs"?'],
  [{ url, onDropped: 5 }, "onDropped must be a function, got 5"],
])("rejects %j", (options, message) => {
  expect(() => exporterSettings(options as never)).toThrow(message);
  expect(message).not.toContain("s3cr3t");
});

/** The settings of each signal, for variables `OTEL_EXPORTER_OTLP_…`. */
function signalsOf(variables: Record<string, string>, options: Partial<OtlpExporterOptions> = {}) {
  const environment = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  return exporterSettings(withEnvironment(options, environment)).signals;
}

test("paths are appended to a base URL, and not to the URLs of signals", () => {
  expect(exporterSettings({ url: `${url}/x/` }).signals).toMatchObject({
    logs: { url: `${url}/x/v1/logs` },
    metrics: { url: `${url}/x/v1/metrics` },
    traces: { url: `${url}/x/v1/traces` },
  });
  const signals = { logs: { url: `${url}/a/` }, metrics: { url: `${url}/b` }, traces: { url } };
  expect(exporterSettings({ signals }).signals).toMatchObject({
    ...signals,
    traces: { url: `${url}/` },
  });
});

test("options of a signal take precedence", () => {
  const tls = {};
  const { logs, metrics, traces } = exporterSettings({
    url,
    encoding: "json",
    headers: { a: "1" },
    signals: {
      logs: { headers: { b: "2" }, encoding: undefined },
      metrics: { address: "a.example:4317", tls, compression: "gzip" },
      traces: { timeoutMs: 5 },
    },
  }).signals;
  expect(logs).toMatchObject({ protocol: "http", isJson: true, headers: { b: "2" } });
  expect(metrics).toEqual({
    protocol: "grpc",
    address: "a.example:4317",
    tls,
    serverName: "a.example",
    gzip: true,
    headers: { a: "1" },
    timeoutMs: 10_000,
  });
  expect(traces).toMatchObject({ url: `${url}/v1/traces`, headers: { a: "1" }, timeoutMs: 5 });
});

describe("variables", () => {
  test("without any, requests go to a collector on this machine", () => {
    expect(signalsOf({})).toMatchObject({
      logs: { url: "http://localhost:4318/v1/logs", isJson: false, gzip: false, headers: {} },
      traces: { url: "http://localhost:4318/v1/traces" },
    });
    expect(signalsOf({ PROTOCOL: "grpc" }).metrics).toMatchObject({
      address: "localhost:4317",
      tls: false,
    });
  });

  test("apply to all signals", () => {
    const { logs, metrics, traces } = signalsOf({
      ENDPOINT: "https://otlp.example/",
      PROTOCOL: "http/json",
      HEADERS: "api-key=a%20b, x=y=z",
      COMPRESSION: "gzip",
      TIMEOUT: "2500",
    });
    const common = {
      protocol: "http",
      isJson: true,
      gzip: true,
      headers: { "api-key": "a b", x: "y=z" },
      timeoutMs: 2_500,
      fetch: expect.any(Function),
    };
    expect(logs).toEqual({ ...common, url: "https://otlp.example/v1/logs" });
    expect(metrics).toEqual({ ...common, url: "https://otlp.example/v1/metrics" });
    expect(traces).toEqual({ ...common, url: "https://otlp.example/v1/traces" });
  });

  test.each(["LOGS", "METRICS", "TRACES"])("of %s replace those of all signals", (name) => {
    const signals = signalsOf({
      ENDPOINT: "http://otlp.example",
      HEADERS: "a=1,b=2",
      TIMEOUT: "1000",
      COMPRESSION: "gzip",
      [`${name}_ENDPOINT`]: "http://own.example/in/",
      [`${name}_HEADERS`]: "b=3",
      [`${name}_TIMEOUT`]: "2000",
      [`${name}_COMPRESSION`]: "none",
      [`${name}_PROTOCOL`]: "http/json",
    });
    const kind = name.toLowerCase() as OtlpSignal;
    expect(signals[kind]).toMatchObject({
      url: "http://own.example/in/",
      gzip: false,
      timeoutMs: 2_000,
      isJson: true,
    });
    expect(signals[kind].headers).toEqual({ b: "3" });
    const others = { gzip: true, headers: { a: "1", b: "2" }, timeoutMs: 1_000, isJson: false };
    expect(Object.values(signals).filter(({ timeoutMs }) => timeoutMs === 1_000)).toMatchObject([
      others,
      others,
    ]);
  });

  test.each<[Record<string, string>, object]>([
    [{ ENDPOINT: "http://a.example:9" }, { address: "a.example:9", tls: false }],
    [{ ENDPOINT: "https://a.example" }, { address: "a.example:4317", tls: {} }],
    [{ ENDPOINT: "a.example:9" }, { address: "a.example:9", tls: {} }],
    [
      { ENDPOINT: "a.example:9", INSECURE: "TRUE" },
      { address: "a.example:9", tls: false },
    ],
    [
      { ENDPOINT: "a.example:9", INSECURE: "true", LOGS_INSECURE: "false" },
      { address: "a.example:9", tls: {} },
    ],
    [
      { ENDPOINT: "http://a.example", LOGS_ENDPOINT: "https://b.example:1" },
      { address: "b.example:1", tls: {} },
    ],
  ])("for gRPC: %j", (variables, options) => {
    expect(signalsOf({ PROTOCOL: "grpc", ...variables }).logs).toMatchObject(options);
  });

  test("signals can use different protocols, and empty variables count as unset", () => {
    const { logs, metrics } = signalsOf({
      ENDPOINT: "http://a.example",
      LOGS_PROTOCOL: "grpc",
      METRICS_ENDPOINT: " ",
    });
    expect(logs).toMatchObject({ protocol: "grpc", address: "a.example:4317" });
    expect(metrics).toMatchObject({ protocol: "http", url: "http://a.example/v1/metrics" });
  });

  test("options take precedence", () => {
    const variables = { PROTOCOL: "grpc", LOGS_HEADERS: "a=1", LOGS_TIMEOUT: "1000" };
    const { logs, metrics } = signalsOf(variables, { url, headers: { b: "2" } });
    expect(logs).toMatchObject({ url: `${url}/v1/logs`, headers: { b: "2" }, timeoutMs: 1_000 });
    expect(metrics).toMatchObject({ url: `${url}/v1/metrics` });
    const own = signalsOf({}, { signals: { logs: { address: "a:1", tls: false } } });
    expect(own).toMatchObject({ logs: { address: "a:1" }, metrics: { protocol: "http" } });
  });

  test.each<[Record<string, string>, string]>([
    [{ PROTOCOL: "a" }, 'PROTOCOL must be "grpc", "http/protobuf" or "http/json", got "a"'],
    [{ LOGS_PROTOCOL: "a" }, 'LOGS_PROTOCOL must be "grpc"'],
    [{ COMPRESSION: "br" }, 'COMPRESSION must be "gzip" or "none", got "br"'],
    [{ METRICS_COMPRESSION: "br" }, 'METRICS_COMPRESSION must be "gzip" or "none"'],
    [{ HEADERS: "s3cr3t" }, "HEADERS must be pairs name=value, got a pair without a name or ="],
    [{ TRACES_HEADERS: "a=s3cr3t%0A" }, 'TRACES_HEADERS["a"] must be a header value, got string'],
    [
      { PROTOCOL: "grpc", HEADERS: "api-key=s3cr3t%C3%A9" },
      'HEADERS["api-key"] must be printable ASCII text, for gRPC, got string',
    ],
    [{ TIMEOUT: "soon" }, 'TIMEOUT must be a number of milliseconds, got "soon"'],
    [{ LOGS_TIMEOUT: "0" }, "LOGS_TIMEOUT must be a positive number of milliseconds"],
    [{ ENDPOINT: "a.example:4318" }, "ENDPOINT must be an http or https URL"],
    [{ LOGS_ENDPOINT: "ftp://a" }, "LOGS_ENDPOINT must be an http or https URL"],
    [{ PROTOCOL: "grpc", ENDPOINT: "unix:///a" }, "ENDPOINT must be an http or https URL"],
    [
      { ENDPOINT: "https://a", CLIENT_CERTIFICATE: "c" },
      "CLIENT_KEY must be the path of a PEM file if OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is set",
    ],
    [
      { ENDPOINT: "https://a", TRACES_CLIENT_KEY: "c" },
      "TRACES_CLIENT_CERTIFICATE must be the path of a PEM file if OTEL_EXPORTER_OTLP_TRACES_CLI",
    ],
  ])("%j are rejected", (variables, message) => {
    let error: unknown;
    try {
      signalsOf(variables);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ option: expect.stringMatching(/^OTEL_EXPORTER_OTLP_/) });
    expect((error as Error).message).toContain(`OTEL_EXPORTER_OTLP_${message}`);
    expect((error as Error).message).not.toContain("s3cr3t");
  });
});
