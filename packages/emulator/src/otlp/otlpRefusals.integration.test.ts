import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { ExportLogsServiceResponse, LogsServiceDefinition } from "@loggregator/otel/messages";
import { ClientError, createChannel, createClient, type Metadata, Status } from "nice-grpc";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  encodedLogs,
  gzip,
  json,
  logsRequest,
  post,
  withClient,
} from "../../testing/otlpRequests.js";
import { type Emulator, isOtlpLog, startEmulator } from "../index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ otlp: { cors: ["http://localhost:5173"] } });
});

afterEach(() => {
  emulator.faults.clear();
  emulator.otlp.clear();
});

afterAll(async () => {
  await emulator.close();
});

describe("faults", () => {
  test("a gRPC status refuses requests over both protocols", async () => {
    emulator.faults.otlp.refuse(Status.UNAVAILABLE, { message: "later", retryAfterMs: 1_500 });
    const trailers: (Uint8Array | undefined)[] = [];
    const onTrailer = (trailer: Metadata) => trailers.push(trailer.get("grpc-status-details-bin"));
    const failure = withClient(emulator, true, (c) => c.export(logsRequest("a"), { onTrailer }));
    await expect(failure).rejects.toMatchObject({ code: Status.UNAVAILABLE, details: "later" });
    const duration = Buffer.from([0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    expect(Buffer.from(trailers[0] ?? []).includes(duration)).toBe(true);

    const refused = await post(emulator, "/v1/logs", "{}", json);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(await refused.json()).toEqual({ code: 14, message: "later" });
    const binary = await post(emulator, "/v1/logs", encodedLogs("a"));
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([
      8,
      14,
      18,
      5,
      ...Buffer.from("later"),
    ]);
    expect(emulator.otlp.logs).toEqual([]);
    emulator.faults.otlp.clear();
    expect((await post(emulator, "/v1/logs", encodedLogs("a"))).status).toBe(200);
  });

  test.each([
    [429, Status.RESOURCE_EXHAUSTED],
    [502, Status.UNAVAILABLE],
    [418, Status.UNKNOWN],
  ])("the HTTP status %i refuses requests over both protocols", async (status, code) => {
    emulator.faults.otlp.refuse(status);
    expect((await post(emulator, "/v1/traces", "")).status).toBe(status);
    await expect(
      withClient(emulator, false, (c) => c.export(logsRequest("a"))),
    ).rejects.toMatchObject({
      code,
      details: "refused by the emulator",
    });
  });

  test("other statuses throw", () => {
    for (const status of [0, 17, 200, 600, 2.5]) {
      expect(() => emulator.faults.otlp.refuse(status)).toThrow(
        `status must be a gRPC status from 1 to 16, or an HTTP status from 400 to 599, got ${status}`,
      );
    }
  });

  test("partial success: the last items are not kept, and the response reports it", async () => {
    emulator.faults.otlp.acceptPartially(2, "too old");
    const response = await withClient(emulator, true, (c) => c.export(logsRequest("a", "b", "c")));
    const partialSuccess = { rejectedLogRecords: 2n, errorMessage: "too old" };
    expect(response.partialSuccess).toEqual(partialSuccess);
    const binary = await post(emulator, "/v1/logs", encodedLogs("d"));
    const decoded = ExportLogsServiceResponse.decode(new Uint8Array(await binary.arrayBuffer()));
    expect(decoded.partialSuccess).toEqual({ ...partialSuccess, rejectedLogRecords: 1n });
    expect(await (await post(emulator, "/v1/metrics", "{}", json)).json()).toEqual({
      partialSuccess: { rejectedDataPoints: "0", errorMessage: "too old" },
    });
    expect(emulator.otlp.logs.map(({ body }) => body)).toEqual(["a"]);
  });

  test("stop resets connections over both protocols, until start", async () => {
    emulator.faults.otlp.stop();
    await expect(post(emulator, "/v1/logs", "")).rejects.toThrow();
    await expect(withClient(emulator, false, (c) => c.export(logsRequest("a")))).rejects.toThrow(
      ClientError,
    );
    emulator.faults.otlp.start();
    expect((await post(emulator, "/v1/logs", "")).status).toBe(200);
  });

  test("stopReading leaves requests hanging, until it is cleared", async () => {
    emulator.faults.otlp.stopReading();
    const hanging = Promise.all([
      post(emulator, "/v1/logs", encodedLogs("a")),
      withClient(emulator, true, (c) => c.export(logsRequest("b"))),
    ]);
    await expect(emulator.otlp.next(isOtlpLog, { timeoutMs: 50 })).rejects.toThrow();
    emulator.faults.clear();
    await hanging;
    expect(emulator.otlp.logs).toHaveLength(2);
  });
});

describe("refused requests", () => {
  test.each([
    ["an unknown path", "/v1/profiles", {}, "", 404],
    ["another type of content", "/v1/logs", { "content-type": "text/plain" }, "", 415],
    ["malformed protobuf", "/v1/logs", {}, "\xff", 400],
    ["malformed JSON", "/v1/logs", json, "{", 400],
    ["JSON that is not an object", "/v1/logs", json, "[]", 400],
    [
      "an id in base64",
      "/v1/logs",
      json,
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"S/kvNXezTaajzpKdDg5HNg=="}]}]}]}',
      400,
    ],
    ["malformed gzip", "/v1/logs", { "content-encoding": "gzip" }, "x", 400],
    ["another compression", "/v1/logs", { "content-encoding": "br" }, "x", 400],
    ["a host name of a website", "/v1/logs", { host: "evil.example.com" }, "", 403],
    ["a page of another origin", "/v1/logs", { "sec-fetch-site": "cross-site" }, "", 403],
  ])("%s", async (_name, path, headers, body, status) => {
    // `fetch` sets these headers itself.
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const type = { "content-type": "application/x-protobuf" };
      const options = { method: "POST", headers: { ...type, ...headers } };
      request(`${emulator.otlp.url}${path}`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end(body, "latin1");
    });
    expect(answered).toBe(status);
    expect(emulator.otlp.logs).toEqual([]);
  });

  test("GET", async () => {
    const response = await fetch(`${emulator.otlp.url}/v1/logs`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("a body of more than 20 MiB, also after decompression", async () => {
    const large = Buffer.alloc(20 * 1024 * 1024 + 1);
    expect((await post(emulator, "/v1/logs", large)).status).toBe(413);
    const bomb = await post(emulator, "/v1/logs", gzipSync(large), { "content-encoding": "gzip" });
    expect(bomb.status).toBe(413);
  });

  test("malformed messages over gRPC", async () => {
    const bytes = Uint8Array.of(255);
    const requestType = { encode: () => ({ finish: () => bytes }), decode: () => bytes };
    const method = { ...LogsServiceDefinition.methods.export, requestType };
    const malformed = { ...LogsServiceDefinition, methods: { export: method } };
    const channel = createChannel(emulator.otlp.url);
    await expect(createClient(malformed, channel).export(bytes)).rejects.toMatchObject({
      code: Status.INTERNAL,
      details: expect.stringContaining("error unmarshalling request"),
    });
    channel.close();
  });

  test("messages of more than 4 MiB over gRPC, also compressed", async () => {
    const large = logsRequest("x".repeat(4 * 1024 * 1024));
    for (const options of [{}, gzip]) {
      const sent = withClient(emulator, true, (c) => c.export(large), options);
      await expect(sent).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
    }
  });
});
