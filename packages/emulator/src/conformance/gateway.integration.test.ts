// Requests to the RLP gateway as docs/protocol.md describes them, one test for each fact.
import { once } from "node:events";
import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { GatewayStream, get, refusal } from "../../testing/gatewayClient.js";
import { Http2Request } from "../../testing/http2Request.js";
import { text } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterEach(async () => {
  await emulator.until(({ egressStreams }) => egressStreams === 0);
});

afterAll(async () => {
  await emulator.close();
});

const value = { value: 1, unit: "" };
const guids = {
  a: "0a3f6b8c-1d2e-4f50-8a9b-0c1d2e3f4a5b",
  b: "1b3f6b8c-1d2e-4f50-8a9b-0c1d2e3f4a5b",
  c: "2c3f6b8c-1d2e-4f50-8a9b-0c1d2e3f4a5b",
};
const ofEachType = (sourceId: string): Envelope[] => [
  logEnvelope("hello", { sourceId }),
  counterEnvelope("requests", { sourceId }),
  gaugeEnvelope({ cpu: value }, { sourceId }),
  timerEnvelope("http", 1n, 2n, { sourceId }),
  eventEnvelope("title", "body", { sourceId }),
];

/**
 * Expects that a stream with this query receives exactly these of the envelopes, as
 * `source:type:name`. The envelopes are emitted twice, so that unexpected ones of the first round
 * are detected.
 */
async function expectSelected(
  query: string,
  envelopes: readonly Envelope[],
  expected: readonly string[],
): Promise<void> {
  await using stream = await GatewayStream.open(emulator, query);
  for (const envelope of [...envelopes, ...envelopes]) {
    emulator.emit(envelope);
  }
  const received = await stream.envelopes(2 * expected.length);
  expect(received.map(describeEnvelope)).toEqual([...expected, ...expected]);
}

function describeEnvelope({ sourceId, message }: Envelope): string {
  const names =
    message?.$case === "counter"
      ? [message.value.name]
      : message?.$case === "gauge"
        ? [Object.keys(message.value.metrics).join()]
        : [];
  return [sourceId, message?.$case, ...names].join(":");
}

describe("GET /v2/read?<query>", () => {
  test("with the Go client's headers, Accept: text/event-stream and Cache-Control: no-cache", async () => {
    await using stream = await GatewayStream.open(emulator, "?log");
    emulator.emit(logEnvelope("hello"));
    expect((await stream.envelopes(1)).map(text)).toEqual(["hello"]);
  });

  test("HTTP/1.1 over plain HTTP", async () => {
    await using stream = await GatewayStream.open(emulator, "?log");
    expect(emulator.gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(stream.response.headers.get("transfer-encoding")).toBe("chunked");
  });

  test("HTTP/2 over HTTPS", async () => {
    const url = `${emulator.gateway.httpsUrl}/v2/read?log`;
    using request = new Http2Request(url, emulator.tls.gateway.ca, {
      authorization: "bearer token",
    });
    expect(await request.headers()).toMatchObject({
      ":status": 200,
      "content-type": "text/event-stream",
    });
    emulator.emit(logEnvelope("hello"));
    const [data] = await once(request.stream, "data");
    expect(String(data)).toMatch(/^data: \{"batch":\[.*\]\}\n\n$/);
  });

  test("HTTP/1.1 over HTTPS", async () => {
    const { get } = await import("node:https");
    const url = `${emulator.gateway.httpsUrl}/v2/read?log`;
    const { ca } = emulator.tls.gateway;
    const request = get(url, { ca, headers: { authorization: "bearer token" }, agent: false });
    const [response] = await once(request, "response");
    expect(response).toMatchObject({ httpVersion: "1.1", statusCode: 200 });
    emulator.emit(logEnvelope("hello"));
    const [data] = await once(response, "data");
    expect(String(data)).toMatch(/^data: /);
    request.on("error", () => {});
    request.destroy();
  });

  test("an OAuth token authorizes, and no client certificate is requested", async () => {
    const { connect } = await import("node:tls");
    const [host = "", port] = emulator.gateway.httpsAddress.split(":");
    const socket = connect({ host, port: Number(port), ca: emulator.tls.gateway.ca });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.destroy();
    expect((await get(emulator, "?log", { headers: { authorization: "" } })).status).toBe(404);
  });
});

describe("query", () => {
  test.each([
    ["log", "a:log"],
    ["counter", "a:counter:requests"],
    ["gauge", "a:gauge:cpu"],
    ["timer", "a:timer"],
    ["event", "a:event"],
  ])("%s (no value) selects only that type", async (type, expected) => {
    await expectSelected(`?${type}`, ofEachType("a"), [expected]);
  });

  test("shard_id: the streams of a shard share its envelopes", async () => {
    await using one = await GatewayStream.open(emulator, "?shard_id=s&log");
    await using other = await GatewayStream.open(emulator, "?shard_id=s&log");
    for (let i = 0; i < 100; i += 1) {
      emulator.emit(logEnvelope(String(i)));
    }
    const received: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const collect = async (stream: GatewayStream) => {
        while (received.length < 100) {
          received.push(...(await stream.envelopes(1)).map((envelope) => Number(text(envelope))));
        }
        resolve();
      };
      // Waiting for more envelopes fails when the stream is closed.
      collect(one).catch(reject);
      collect(other).catch(reject);
    });
    expect(received.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test("deterministic_name: a counter goes to the stream of its number", async () => {
    const query = "?shard_id=s&counter&deterministic_name=";
    await using b = await GatewayStream.open(emulator, `${query}b`);
    await using a = await GatewayStream.open(emulator, `${query}a`);
    // By Go's hash/crc64: "requests" mod 2 is 0, "größe" mod 2 is 1.
    for (let i = 0; i < 10; i += 1) {
      emulator.emit(counterEnvelope("requests"));
      emulator.emit(counterEnvelope("größe"));
    }
    const names = async (stream: GatewayStream) =>
      new Set((await stream.envelopes(10)).map(describeEnvelope));
    expect(await names(a)).toEqual(new Set([":counter:requests"]));
    expect(await names(b)).toEqual(new Set([":counter:größe"]));
  });

  test("source_id is repeatable", async () => {
    const envelopes = ["a", "b", "c"].map((sourceId) => logEnvelope("hello", { sourceId }));
    await expectSelected("?source_id=a&source_id=c&log", envelopes, ["a:log", "c:log"]);
  });

  test("counter.name= selects counters of exactly that name", async () => {
    const envelopes = ["requests", "errors", "requests.total"].map((name) => counterEnvelope(name));
    await expectSelected("?counter.name=requests", envelopes, [":counter:requests"]);
  });

  test("gauge.name= is repeatable, and its value is split at commas into names", async () => {
    const metrics = [["cpu"], ["memory"], ["cpu", "memory"], ["disk"], ["cpu", "memory", "disk"]];
    const envelopes = metrics.map((names) =>
      gaugeEnvelope(Object.fromEntries(names.map((name) => [name, value]))),
    );
    await expectSelected("?gauge.name=cpu,memory&gauge.name=disk", envelopes, [
      ":gauge:cpu,memory",
      ":gauge:disk",
    ]);
  });

  test("every type is applied to every source_id: logs of A and counters of B cannot be requested", async () => {
    const envelopes = ["a", "b", "c"].flatMap(ofEachType);
    await expectSelected("?source_id=a&source_id=b&log&counter", envelopes, [
      "a:log",
      "a:counter:requests",
      "b:log",
      "b:counter:requests",
    ]);
  });

  test("values are accepted unescaped, as the Go client sends them, and escaped, as others do", async () => {
    const envelopes = [counterEnvelope("größe/s", { sourceId: "a:b" })];
    const expected = ["a:b:counter:größe/s"];
    await expectSelected("?source_id=a:b&counter.name=größe/s", envelopes, expected);
    const escaped = `?source_id=${encodeURIComponent("a:b")}&counter.name=${encodeURIComponent("größe/s")}`;
    await expectSelected(escaped, envelopes, expected);
  });
});

describe("refusals, JSON with content-type text/plain", () => {
  const notFound = {
    status: 404,
    type: expect.stringMatching(/^text\/plain/),
    body: expect.stringMatching(/^\{"message":"resource not found","error":"not_found"\}\s*$/),
  };

  beforeAll(async () => {
    await emulator.close();
    emulator = await startEmulator({
      realism: "strict",
      logger: null,
      gateway: { tokens: { token: "all", limited: [guids.a, guids.b] } },
    });
  });

  test("no token: 404 not_found", async () => {
    const { url } = emulator.gateway;
    expect(await refusal(await fetch(`${url}/v2/read?log`))).toEqual(notFound);
    expect(await refusal(await get(emulator, "?log", authorization("bearer ")))).toEqual(notFound);
  });

  test("a bad token: 404 not_found", async () => {
    const response = await get(emulator, "?log", authorization("bearer other"));
    expect(await refusal(response)).toEqual(notFound);
  });

  test("a source that the token may not read: 404 not_found", async () => {
    const { a, b, c } = guids;
    for (const query of [`?log&source_id=${c}`, `?log&source_id=${a}&source_id=${c}`, "?log"]) {
      const response = await get(emulator, query, authorization("bearer limited"));
      expect(await refusal(response)).toEqual(notFound);
    }
    const abort = new AbortController();
    const { status } = await get(emulator, `?log&source_id=${a}&source_id=${b}`, {
      ...authorization("bearer limited"),
      signal: abort.signal,
    });
    abort.abort();
    expect(status).toBe(200);
  });

  test("the token is compared after removing a lower-case bearer: Bearer is refused", async () => {
    expect(await refusal(await get(emulator, "?log", authorization("Bearer token")))).toEqual(
      notFound,
    );
    for (const good of ["bearer token", "token"]) {
      const abort = new AbortController();
      const init = { ...authorization(good), signal: abort.signal };
      expect((await get(emulator, "?log", init)).status).toBe(200);
      abort.abort();
    }
  });

  test.each([
    ["?source_id=a", "missing_envelope_type", "query must provide at least one envelope type"],
    ["", "empty_query", "query cannot be empty"],
    ["?", "empty_query", "query cannot be empty"],
  ])("the query %j: 400 %s", async (query, error, message) => {
    expect(await refusal(await get(emulator, query))).toEqual({
      status: 400,
      type: expect.stringMatching(/^text\/plain/),
      body: `${JSON.stringify({ message, error })}\n\n`,
    });
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "other methods, such as %s: 405 method_not_allowed",
    async (method) => {
      const { status, type, body } = await refusal(await get(emulator, "?log", { method }));
      expect({ status, type, ...JSON.parse(body) }).toMatchObject({
        status: 405,
        type: expect.stringMatching(/^text\/plain/),
        error: "method_not_allowed",
      });
    },
  );

  test("no RLP: 503 streaming_unavailable", async () => {
    emulator.faults.gateway.refuse(503);
    const { status, type, body } = await refusal(await get(emulator, "?log"));
    emulator.faults.clear();
    expect({ status, type, ...JSON.parse(body) }).toMatchObject({
      status: 503,
      type: expect.stringMatching(/^text\/plain/),
      error: "streaming_unavailable",
    });
  });
});

function authorization(value: string): RequestInit {
  return { headers: { authorization: value } };
}
