import { type Envelope, type Selector, selectAll, selectLog } from "@loggregator/api";
import type { RetryOptions } from "@loggregator/core";
import { createCertificateAuthority } from "@loggregator/emulator";
import { ClientError } from "nice-grpc";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  ConnectionError,
  EgressError,
  EnvelopeStreamConnector,
  type EnvelopeStreamConnectorOptions,
  type EnvelopeStreamRequest,
  loadEgressTls,
  type ReconnectOptions,
  Status,
  type TlsMaterial,
} from "./index.js";

const authority = await createCertificateAuthority();
const tls: TlsMaterial = {
  ca: authority.certificate,
  ...(await authority.issue({ commonName: "a client" })),
};
const address = "localhost:8082";
const connector = new EnvelopeStreamConnector({ address, tls });

describe("invalid options are rejected at the call", () => {
  test.each<[string, object, ErrorConstructor, string]>([
    ["address", { address: "" }, TypeError, 'got ""'],
    ["address", { address: "localhost" }, TypeError, 'got "localhost"'],
    ["tls", { tls: {} }, TypeError, "tls.ca"],
    ["retry", { retry: 3 }, TypeError, "got 3"],
    ["retry.baseDelayMs", { retry: { baseDelayMs: -1 } }, RangeError, "got -1"],
    ["retry.maxDelayMs", { retry: { maxDelayMs: Number.NaN } }, RangeError, "got NaN"],
    ["retry.maxAttempts", { retry: { maxAttempts: -1 } }, RangeError, "got -1"],
    ["retry.maxAttempts", { retry: { maxAttempts: 1.5 } }, RangeError, "got 1.5"],
    ["retry.maxAttempts", { retry: { maxAttempts: "3" } }, TypeError, 'got "3"'],
    ["retry.retryBaseDelayMs", { retry: { retryBaseDelayMs: 5 } }, TypeError, "did you mean"],
    ["onRetryableError", { onRetryableError: "log" }, TypeError, 'got "log"'],
    ["adress", { adress: "rlp:8082" }, TypeError, 'did you mean "address"?'],
    [
      "channelOptions.grpc.keepalive_time",
      { channelOptions: { "grpc.keepalive_time": 1 } },
      TypeError,
      'did you mean "grpc.keepalive_time_ms"?',
    ],
    ["buffer.sice", { buffer: { sice: 1 } }, TypeError, 'did you mean "size"?'],
    ["signal", { signal: {} }, TypeError, "got an object"],
    ["buffer", { buffer: 1_000 }, TypeError, "got 1000"],
    ["buffer.size", { buffer: {} }, TypeError, "got undefined"],
    ["buffer.size", { buffer: { size: 0 } }, RangeError, "got 0"],
    ["buffer.onDropped", { buffer: { size: 1, onDropped: 1 } }, TypeError, "got 1"],
    ["logger", { logger: {} }, TypeError, "warn"],
  ])("%s, case %#", (name, options, type, got) => {
    const create = () =>
      new EnvelopeStreamConnector({ address, tls, ...options } as EnvelopeStreamConnectorOptions);
    expect(create).toThrow(type);
    expect(create).toThrow(name);
    expect(create).toThrow(got);
  });

  test.each<[string, unknown, unknown, string]>([
    ["request", undefined, {}, "got undefined"],
    ["selectors", {}, {}, "got undefined"],
    ["selectors", { selectors: selectLog() }, {}, "got an object"],
    ["selectors[1]", { selectors: [selectLog(), selectAll()] }, {}, "got an array"],
    [
      "selectors[0].source_id",
      { selectors: [{ source_id: "a", message: selectLog().message }] },
      {},
      'did you mean "sourceId"?',
    ],
    ["selectors[0]", { selectors: [{ message: { $case: "logs", value: {} } }] }, {}, 'got "logs"'],
    [
      "selectors[0].message.value.nme",
      { selectors: [{ message: { $case: "counter", value: { nme: "c" } } }] },
      {},
      'did you mean "name"?',
    ],
    ["legacySelector", { selectors: [], legacySelector: "log" }, {}, 'got "log"'],
    ["shardId", { selectors: [], shardId: 1 }, {}, "got 1"],
    ["shardID", { selectors: [], shardID: "s" }, {}, 'did you mean "shardId"?'],
    ["sginal", { selectors: [] }, { sginal: undefined }, 'did you mean "signal"?'],
    ["deterministicName", { selectors: [], deterministicName: 1 }, {}, "got 1"],
    ["signal", { selectors: [] }, { signal: new AbortController() }, "got an AbortController"],
  ])("%s of a stream, case %#", (name, request, options, got) => {
    const open = () => connector.stream(request as EnvelopeStreamRequest, options as object);
    expect(open).toThrow(TypeError);
    expect(open).toThrow(name);
    expect(open).toThrow(got);
  });

  test("of stop", () => {
    const stream = connector.stream({ selectors: [selectLog()] });
    expect(() => stream.stop({ drian: true } as never)).toThrow('did you mean "drain"?');
    expect(() => stream.stop({ drain: 1 } as never)).toThrow("drain must be true or false, got 1");
    expect(() => stream.stop(null as never)).toThrow("options must be an object, got null");
  });

  test("invalid paths", async () => {
    const paths = { caPath: "", certPath: "cert.pem", keyPath: "key.pem" };
    await expect(loadEgressTls(paths)).rejects.toThrow(/caPath.*got ""/);
  });
});

test("an EgressError has the status, and is nice-grpc's ClientError too", () => {
  const cause = new ConnectionError("rlp:8082", "connection refused");
  const error = new EgressError(cause);
  expect(error.stack).toMatch(`EgressError: ${error.message}\n`);
  expect(error).toBeInstanceOf(ClientError);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "EgressError",
    code: Status.UNAVAILABLE,
    message: "cannot connect to rlp:8082: connection refused",
    cause,
  });
});

describe("types", () => {
  test("batches are arrays of envelopes", () => {
    const read = async () => {
      for await (const batch of connector.stream({ selectors: [selectLog()] })) {
        expectTypeOf(batch).toEqualTypeOf<Envelope[]>();
      }
    };
    expectTypeOf(read).returns.resolves.toBeVoid();
    expectTypeOf(connector.stream).returns.toExtend<AsyncDisposable>();
    expectTypeOf(connector).toExtend<AsyncDisposable>();
  });

  test("requests only need selectors", () => {
    expectTypeOf<{ selectors: Selector[] }>().toExtend<EnvelopeStreamRequest>();
    expectTypeOf<{ shardId: string }>().not.toExtend<EnvelopeStreamRequest>();
    expectTypeOf(connector.stream)
      .parameter(1)
      .toEqualTypeOf<{ readonly signal?: AbortSignal | undefined } | undefined>();
  });

  test("options only need an address and tls", () => {
    type Options = EnvelopeStreamConnectorOptions;
    expectTypeOf<{ address: string; tls: TlsMaterial }>().toExtend<Options>();
    expectTypeOf<{ address: string; tls: () => Promise<TlsMaterial> }>().toExtend<Options>();
    expectTypeOf<{ address: string }>().not.toExtend<Options>();
    expectTypeOf<{ logger: typeof console }>().toExtend<Pick<Options, "logger">>();
    expectTypeOf<Options["retry"]>().toEqualTypeOf<RetryOptions | undefined>();
    expectTypeOf<Parameters<NonNullable<ReconnectOptions["onRetryableError"]>>>().toEqualTypeOf<
      [error: ClientError, attempt: number, delayMs: number]
    >();
    expectTypeOf(loadEgressTls).returns.resolves.toExtend<TlsMaterial>();
  });

  test("errors have the code and the cause", () => {
    expectTypeOf<EgressError["code"]>().toEqualTypeOf<Status>();
    expectTypeOf<EgressError["cause"]>().toEqualTypeOf<ClientError>();
  });
});
