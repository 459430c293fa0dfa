import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { beforeAll, expect, test } from "vitest";
import { IngressClient, type IngressClientOptions, loadIngressTls, TlsError } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

function create(options: Record<string, unknown>): IngressClient {
  return new IngressClient({ tls: certificates.client, ...options } as IngressClientOptions);
}

const durations = ["flushIntervalMs", "connectTimeoutMs", "stallTimeoutMs", "closeTimeoutMs"];
const counts = ["batchMaxSize", "maxQueueSize", "maxQueueBytes", "maxEnvelopeBytes"];
const others = ["address", "tags", "delivery", "maxBacklogRate", "retry", "onDropped"];
const all = [
  ...durations,
  ...counts,
  ...others,
  "keepaliveIntervalMs",
  "onRetryableError",
  "signal",
  "channelOptions",
];

test("every option except tls can be omitted or undefined", () => {
  expect(create({}).stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
  create(Object.fromEntries([...all, "logger"].map((name) => [name, undefined])));
});

test.for(all)("%s cannot be null", (name) => {
  expect(() => create({ [name]: null })).toThrow(TypeError);
  expect(() => create({ [name]: null })).toThrow(new RegExp(`^${name}\\b.*, got null`));
});

test("logger can be null", () => {
  create({ logger: null });
});

test.for([
  [{ adress: "localhost:3458" }, 'unknown option "adress"; did you mean "address"?'],
  [{ batchmaxsize: 1 }, 'unknown option "batchmaxsize"; did you mean "batchMaxSize"?'],
  [{ retry: { baseDelay: 1 } }, 'unknown option "retry.baseDelay"; did you mean "baseDelayMs"?'],
  [{ colour: "red" }, /^unknown option "colour"; known options: tls, address, .*channelOptions$/],
] as const)(
  "the unknown option of %j is rejected, with the closest known one",
  ([options, message]) => {
    expect(() => create(options)).toThrow(TypeError);
    expect(() => create(options)).toThrow(message);
  },
);

test.for([
  ["maxBacklogRate", 0, RangeError],
  ["maxBacklogRate", 0.5, RangeError],
  ["maxBacklogRate", Number.NaN, RangeError],
  ["maxBacklogRate", "fast", TypeError],
  ["keepaliveIntervalMs", 0, RangeError],
  ["keepaliveIntervalMs", Number.NaN, RangeError],
  ["keepaliveIntervalMs", "5 min", TypeError],
  ["retry", 5, TypeError],
  ["retry", { baseDelayMs: 0 }, RangeError],
  ["retry", { baseDelayMs: "50" }, TypeError],
  ["retry", { maxDelayMs: Number.POSITIVE_INFINITY }, RangeError],
  ["retry", { maxAttempts: -1 }, RangeError],
  ["retry", { maxAttempts: 1.5 }, RangeError],
] as const)("%s cannot be %j", ([name, value, error]) => {
  expect(() => create({ [name]: value })).toThrow(error);
  expect(() => create({ [name]: value })).toThrow(new RegExp(`^${name}.* must be .*, got `));
});

test("rates, intervals and attempts can be unlimited", () => {
  create({ keepaliveIntervalMs: Number.POSITIVE_INFINITY });
  create({ maxBacklogRate: Number.POSITIVE_INFINITY });
  create({ retry: { maxAttempts: Number.POSITIVE_INFINITY } });
  create({ retry: { maxAttempts: 0 } });
});

test.for(durations)("%s must be a positive number of milliseconds", (name) => {
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    expect(() => create({ [name]: value })).toThrow(RangeError);
    expect(() => create({ [name]: value })).toThrow(
      new RegExp(`^${name} must be .* got ${value}$`),
    );
  }
  for (const value of ["100", 100n, {}, true]) {
    expect(() => create({ [name]: value })).toThrow(TypeError);
    expect(() => create({ [name]: value })).toThrow(new RegExp(`^${name} must be .* got `));
  }
  create({ [name]: 1.5 });
});

test.for(counts)("%s must be a positive integer", (name) => {
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => create({ [name]: value })).toThrow(RangeError);
    expect(() => create({ [name]: value })).toThrow(
      new RegExp(`^${name} must be .* got ${value}$`),
    );
  }
  for (const value of ["100", 100n, {}, true]) {
    expect(() => create({ [name]: value })).toThrow(TypeError);
  }
  create({ [name]: 1 });
});

test.for([
  ["address", "", '""'],
  ["address", "localhost", '"localhost"'],
  ["address", "http://localhost:3458", '"http://localhost:3458"'],
  ["address", 3458, "3458"],
  ["tags", { a: 1 }, "1"],
  ["tags", { a: undefined }, "undefined"],
  ["tags", "a=b", '"a=b"'],
  ["tags", ["a"], "an array|\\[.*\\]"],
  ["delivery", "twice", '"twice"'],
  ["delivery", 1, "1"],
  ["onDropped", "tell me", '"tell me"'],
  ["onRetryableError", {}, "an object"],
  ["signal", { aborted: false }, "an object"],
  ["logger", "console", '"console"'],
  ["logger", { warn: () => {} }, "an object"],
  ["channelOptions", "fast", '"fast"'],
  ["tls", undefined, "undefined"],
  ["tls", "pem", '"pem"'],
  ["tls", {}, "undefined"],
  ["tls", { ca: "", cert: "", key: "" }, "nothing"],
] as const)("%s cannot be %j", ([name, value, shown]) => {
  expect(() => create({ [name]: value })).toThrow(TypeError);
  expect(() => create({ [name]: value })).toThrow(new RegExp(`^${name}\\b.*got (?:${shown})`));
});

test.for([undefined, null, "localhost:3458"])("options cannot be %s", (options) => {
  expect(() => new IngressClient(options as never)).toThrow(/^options must be an object, got /);
});

test("the constructor rejects unusable certificates", async () => {
  const { authority, client } = certificates;
  const expired = await authority.issue({
    commonName: "client",
    notAfter: new Date("2020-01-01"),
  });
  const other = await authority.issue({ commonName: "other" });
  for (const [tls, message] of [
    [{ ...client, ...expired }, /tls.cert: .* "CN=client" expired on Jan {2}1 .* 2020/],
    [{ ...client, key: other.key }, /tls.key: it is not the private key of .* "CN=client"/],
    [{ ...client, ca: "no PEM" }, /tls.ca: no certificate in PEM/],
    [{ ...client, cert: "no PEM" }, /tls.cert: no certificate in PEM/],
    [{ ...client, key: "no PEM" }, /tls.key: it must be an unencrypted private key in PEM/],
  ] as const) {
    expect(() => create({ tls })).toThrow(TlsError);
    expect(() => create({ tls })).toThrow(message);
  }
});

test("loadIngressTls rejects missing files", async () => {
  const paths = { caPath: "/no/ca.pem", certPath: "/no/cert.pem", keyPath: "/no/key.pem" };
  await expect(loadIngressTls(paths)).rejects.toThrow(TlsError);
  await expect(loadIngressTls(paths)).rejects.toThrow(/^\w+Path ".+": cannot read the file: /);
});

test("invalid envelopes throw at the call and are not counted", () => {
  const client = create({});
  expect(() => client.emitLog(1 as never)).toThrow(TypeError);
  expect(() => client.emitLog("m", { tags: { a: 1 as never } })).toThrow(/tags/);
  expect(() => client.emitCounter("c", { delta: -1 })).toThrow(RangeError);
  expect(() => client.emitCounter("c", { delta: 1, total: 1 } as never)).toThrow(/total/);
  expect(() => client.emitGauge(null as never)).toThrow(TypeError);
  expect(() => client.emitTimer("t", 1 as never, 2n)).toThrow(/start/);
  expect(() => client.emit(undefined as never)).toThrow(TypeError);
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
});
