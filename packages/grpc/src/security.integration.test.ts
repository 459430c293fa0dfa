import { gzipSync } from "node:zlib";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { createClientFactory } from "nice-grpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Connection, type ConnectionOptions } from "./index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});

afterAll(async () => {
  await emulator.close();
});

const bytesCodec = {
  encode: (bytes: Uint8Array) => ({ finish: () => bytes }),
  decode: (bytes: Uint8Array) => bytes,
};
/** The OTLP service, the only one of the emulator that accepts connections without TLS. */
const service = {
  name: "LogsService",
  fullName: "opentelemetry.proto.collector.logs.v1.LogsService",
  methods: {
    export: {
      name: "Export",
      requestType: bytesCodec,
      requestStream: false,
      responseType: bytesCodec,
      responseStream: false,
      options: {},
    },
  },
} as const;

/** A request with one log record, whose severity text is "ok". */
const request = Buffer.from("0a0812061204" + "1a026f6b", "hex");

async function call(options: ConnectionOptions, compress = false): Promise<void> {
  const connection = new Connection(options);
  const release = connection.acquire();
  try {
    const client = createClientFactory()
      .use(connection.middleware)
      .create(service, connection.channel);
    await (compress
      ? client.export(gzipSync(request), { requestEncoding: "gzip" })
      : client.export(request));
  } finally {
    release();
  }
}

test.each([false, true])("plain text, with compressed messages: %s", async (compress) => {
  emulator.otlp.clear();
  const options = { address: emulator.otlp.httpAddress, serverName: "any" };
  await call({ ...options, security: "plain-text" }, compress);
  expect(emulator.otlp.logs).toMatchObject([{ severityText: "ok" }]);
});

test("with security tls, the client's certificate is optional", async () => {
  const { ca, cert, key, serverName } = emulator.tls.otlp;
  const options = { address: emulator.otlp.address, serverName, security: "tls" } as const;
  await call({ ...options, tls: async () => ({ ca, cert, key }) });
  await expect(call({ ...options, tls: { ca } })).rejects.toThrow(
    /requires a client certificate|may require TLS, or a client certificate/,
  );
  await expect(call(options)).rejects.toThrow(/is not signed by one of these authorities/);
});

test("invalid combinations are refused", () => {
  const options = { address: "a:1", serverName: "any" };
  expect(() => new Connection(options)).toThrow("tls must be an object, got undefined");
  expect(() => new Connection({ ...options, security: "ssl" as never })).toThrow(
    'security must be "mutual-tls", "tls" or "plain-text", got "ssl"',
  );
});
