// The gateway with `realism: "strict"`, one test for each fact that was observed of the real one.
import { once } from "node:events";
import { counterEnvelope, gaugeEnvelope, logEnvelope, selectLog } from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GatewayStream, get } from "../../testing/gatewayClient.js";
import { GrpcClients } from "../../testing/grpcClients.js";
import { Http2Request } from "../../testing/http2Request.js";
import { rawHttp } from "../../testing/rawHttp.js";
import { type Emulator, type EmulatorOptions, startEmulator } from "../index.js";

let emulator: Emulator;

async function start(gateway: EmulatorOptions["gateway"] = {}): Promise<void> {
  await emulator?.close();
  emulator = await startEmulator({ realism: "strict", logger: null, gateway });
}

beforeEach(() => start());

afterEach(async () => {
  await emulator.close();
});

const notFound = '{"message":"resource not found","error":"not_found"}\n\n';
const emptyQuery = '{"message":"query cannot be empty","error":"empty_query"}\n\n';
const unavailable =
  '{"message":"streaming is temporarily unavailable","error":"streaming_unavailable"}\n\n';

/** Sends a hand-written request, and returns the response without its date. */
async function answer(lines: string, end = "\r\nConnection: close\r\n\r\n"): Promise<string> {
  const raw = await rawHttp(emulator.gateway.address, lines + end);
  return raw.replace(/\r\nDate: [^\r]*/i, "");
}

describe("error bodies", () => {
  test("are plain text with a length, and end with two newlines", async () => {
    const response = await get(emulator, "");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-length": String(emptyQuery.length),
      "x-content-type-options": "nosniff",
    });
    expect([response.status, await response.text()]).toEqual([400, emptyQuery]);
  });

  test.each(["FOO", "HEAD", "OPTIONS", "POST", "PROPFIND"])(
    "of the method %s: 405, without a token 404",
    async (method) => {
      const line = `${method} /v2/read?log HTTP/1.1\r\nHost: localhost`;
      expect(await answer(`${line}\r\nAuthorization: bearer t`)).toMatch(
        /^HTTP\/1\.1 405 Method Not Allowed\r\n/,
      );
      const refused = await answer(line);
      expect(refused).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
      expect(refused.endsWith(method === "HEAD" ? "\r\n\r\n" : `\r\n\r\n${notFound}`)).toBe(true);
    },
  );
});

describe("paths", () => {
  test.each(["/", "/v2/read/", "/V2/READ", "/v2/read2?log", "/v2"])(
    "%s: 404 as text, with any token",
    async (path) => {
      const response = await fetch(emulator.gateway.url + path);
      expect([
        response.status,
        response.headers.get("content-type"),
        await response.text(),
      ]).toEqual([404, "text/plain; charset=utf-8", "404 page not found\n"]);
    },
  );

  test.each([
    ["//v2/read?log", "/v2/read?log"],
    ["/v2/./read", "/v2/read"],
    ["/v2/x/../read?", "/v2/read?"],
    ["/v2/%2e/read?log&a=%20", "/v2/read?log&a=%20"],
  ])("%s: 301 to %s", async (path, location) => {
    expect(await answer(`GET ${path} HTTP/1.1\r\nHost: localhost`)).toMatch(
      new RegExp(
        `^HTTP/1\\.1 301 Moved Permanently\r\n(.*\r\n)*location: ${location.replace("?", "\\?")}\r\n`,
        "i",
      ),
    );
  });
});

describe("queries", () => {
  test("counter.name= selects all counters, in addition to those of other names", async () => {
    await using all = await GatewayStream.open(emulator, "?counter.name=");
    await using twice = await GatewayStream.open(emulator, "?counter.name=c1&counter.name=");
    for (const name of ["c1", "c2"]) {
      emulator.emit(counterEnvelope(name));
    }
    const names = async (stream: GatewayStream, count: number) =>
      (await stream.envelopes(count)).map(
        ({ message }) => message?.$case === "counter" && message.value.name,
      );
    expect(await names(all, 2)).toEqual(["c1", "c2"]);
    expect((await names(twice, 3)).sort()).toEqual(["c1", "c1", "c2"]);
  });

  test("gauge.name= selects gauges without metrics", async () => {
    await using stream = await GatewayStream.open(emulator, "?gauge.name=");
    emulator.emit(gaugeEnvelope({ cpu: { value: 1, unit: "" } }, { sourceId: "with" }));
    emulator.emit(gaugeEnvelope({}, { sourceId: "without" }));
    expect((await stream.envelopes(1)).map(({ sourceId }) => sourceId)).toEqual(["without"]);
  });

  test.each([
    ["?log;counter", 400, emptyQuery],
    ["?log=%zz", 400, emptyQuery],
    [
      "?a;b&source_id=a",
      400,
      '{"message":"query must provide at least one envelope type","error":"missing_envelope_type"}\n\n',
    ],
    ["?log&source_id=%ff", 503, unavailable],
    [`?${"log&".repeat(10_001)}`, 400, emptyQuery],
  ])("%.30s: %i", async (query, status, body) => {
    const response = await get(emulator, query);
    expect([response.status, await response.text()]).toEqual([status, body]);
  });

  test.each(["?log=false", "?log&unknown=1", "?log&a;b", "?log&b=%", `?${"log&".repeat(9999)}log`])(
    "%.30s opens a stream",
    async (query) => {
      await using stream = await GatewayStream.open(emulator, query);
      emulator.emit(logEnvelope("hello"));
      expect(await stream.envelopes(1)).toHaveLength(1);
    },
  );

  test("a source that is named twice counts twice, and only the first of two shard ids is used", async () => {
    await using twice = await GatewayStream.open(emulator, "?log&source_id=a&source_id=a");
    emulator.emit(logEnvelope("hello", { sourceId: "a" }));
    expect(await twice.envelopes(2)).toHaveLength(2);
    const shard = "?log&source_id=b&shard_id=one";
    await using one = await GatewayStream.open(emulator, `${shard}&shard_id=other`);
    await using other = await GatewayStream.open(emulator, shard);
    emulator.emit(logEnvelope("hello", { sourceId: "b" }));
    // The streams share a shard, so the envelope reaches only one of them.
    const received = await Promise.race([one.envelopes(1), other.envelopes(1)]);
    expect(received).toHaveLength(1);
    const delivered = emulator.stats.delivered;
    expect(delivered).toBe(3);
  });

  test("up to 1 MiB of URL and headers are accepted, in HTTP/1.1 over HTTP and HTTPS", async () => {
    const { get: getSecure } = await import("node:https");
    const query = `?log&x=${"x".repeat(1024 * 1024 - 1000)}`;
    await using _ = await GatewayStream.open(emulator, query);
    const { ca } = emulator.tls.gateway;
    const headers = { authorization: "bearer t" };
    const request = getSecure(`${emulator.gateway.httpsUrl}/v2/read${query}`, {
      ca,
      headers,
      agent: false,
    });
    const [response] = await once(request, "response");
    expect(response.statusCode).toBe(200);
    request.on("error", () => {});
    request.destroy();
  });

  test("beyond that: 431", async () => {
    const line = `GET /v2/read?log&x=${"x".repeat(1024 * 1024 + 5000)} HTTP/1.1\r\nHost: localhost`;
    expect(await answer(line)).toBe(
      "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n431 Request Header Fields Too Large",
    );
  });
});

describe("streams", () => {
  test("more streams than the RLP accepts: 200, and the stream ends immediately, without closing", async () => {
    await using clients = new GrpcClients(emulator);
    for (let i = 0; i < 500; i += 1) {
      clients.read({ selectors: [selectLog()] });
    }
    await emulator.until(({ egressStreams }) => egressStreams === 500);
    const response = await get(emulator, "?log");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("when the RLP stops: they end without closing, and the gateway answers 503 until it is started", async () => {
    await using stream = await GatewayStream.open(emulator, "?log");
    emulator.faults.rlp.stop();
    expect(await stream.next()).toBeUndefined();
    const response = await get(emulator, "?log");
    expect([response.status, await response.text()]).toEqual([503, unavailable]);
    emulator.faults.rlp.start();
    await using _ = await GatewayStream.open(emulator, "?log");
  });

  test("when the RLP has stopped unnoticed: the first stream ends immediately", async () => {
    emulator.faults.rlp.stop();
    const first = await get(emulator, "?log");
    expect([first.status, await first.text()]).toEqual([200, ""]);
    expect((await get(emulator, "?log")).status).toBe(503);
  });

  test("closing loses envelopes in flight, and counts them", async () => {
    await start({ streamTimeoutMs: 500 });
    await using stream = await GatewayStream.open(emulator, "?log");
    let emitted = 0;
    const begin = performance.now();
    // 500 lines/s, also if the timer is late.
    const emitting = setInterval(() => {
      while (emitted < (performance.now() - begin) / 2) {
        emulator.emit(logEnvelope(String(emitted++)));
      }
    }, 2);
    let received = 0;
    let last: string | undefined;
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      last = event.event;
      if (event.event === undefined) {
        received += JSON.parse(event.data).batch.length;
      }
    }
    expect(last).toBe("closing");
    await emulator.until(({ egressStreams }) => egressStreams === 0);
    clearInterval(emitting);
    expect(received).toBeGreaterThan(0);
    // About 112 lines; on a busy machine, more come late.
    expect(emitted - received).toBeGreaterThan(30);
    expect(emulator.stats.dropped).toBeGreaterThan(30);
  });

  test("in HTTP/2 the method FOO is 405 as well", async () => {
    const { connect } = await import("node:http2");
    const { httpsUrl } = emulator.gateway;
    const session = connect(httpsUrl, { ca: emulator.tls.gateway.ca });
    const stream = session.request({ ":method": "FOO", ":path": "/v2/read", authorization: "t" });
    const [headers] = await once(stream, "response");
    session.destroy();
    expect(headers).toMatchObject({ ":status": 405 });
    using request = new Http2Request(`${httpsUrl}/`, emulator.tls.gateway.ca, {});
    expect(await request.headers()).toMatchObject({ ":status": 404 });
  });
});

describe("tokens", () => {
  const guid = "7ef1ad1f-9a6b-4b4f-8a3e-1f1d0f4c2a11";
  const status = async (query: string, token: string) => {
    const abort = new AbortController();
    const headers = { authorization: token };
    const response = await get(emulator, query, { headers, signal: abort.signal });
    abort.abort();
    return response.status;
  };

  test("of users may only name sources that are GUIDs and that Cloud Controller allows", async () => {
    await start({ tokens: { user: [guid, "not-a-guid"], admin: "all" } });
    expect(await status(`?log&source_id=${guid}`, "bearer user")).toBe(200);
    for (const query of [
      "?log",
      "?log&source_id=not-a-guid",
      "?log&source_id=",
      `?log&source_id=${guid}&source_id=`,
      `?log&source_id=${guid}&source_id=not-a-guid`,
      `?log&source_id=${guid.replace("7", "8")}`,
    ]) {
      expect(await status(query, "bearer user")).toBe(404);
    }
    expect(await status("?log&source_id=not-a-guid", "bearer admin")).toBe(200);
  });

  test("without UAA all tokens are refused with 404, without Cloud Controller those of users", async () => {
    await start({ tokens: { user: [guid], admin: "all" } });
    const both = () =>
      Promise.all(
        ["user", "admin"].map((token) => status(`?log&source_id=${guid}`, `bearer ${token}`)),
      );
    expect(await both()).toEqual([200, 200]);
    emulator.faults.uaa.stop();
    expect(await both()).toEqual([404, 404]);
    emulator.faults.clear();
    emulator.faults.cloudController.stop();
    expect(await both()).toEqual([404, 200]);
    emulator.faults.clear();
    expect(await both()).toEqual([200, 200]);
  });

  test.each([
    ["bearerx", 200],
    ["bearer   x", 200],
    ["x", 200],
    ["BEARER x", 404],
    ["Bearer x", 404],
    ["bearer y", 404],
  ])("%j: %i", async (authorization, expected) => {
    await start({ tokens: { x: "all" } });
    expect(await status("?log", authorization)).toBe(expected);
  });
});

test("plain HTTP on the HTTPS port: Go's 400", async () => {
  expect(
    await rawHttp(emulator.gateway.httpsAddress, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  ).toBe("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
});

describe("web pages, which are no risk for a real gateway:", () => {
  test.each(["evil.example", "127.0.0.1.evil.example:8088"])(
    "a request for the host %s is refused with 403",
    async (host) => {
      const line = `GET /v2/read?log HTTP/1.1\r\nHost: ${host}\r\nAuthorization: bearer t`;
      expect(await answer(line)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
      expect(emulator.stats.egressStreams).toBe(0);
    },
  );

  test("a page of another origin is refused unless `cors` allows it", async () => {
    const headers = { "sec-fetch-site": "cross-site", origin: "http://evil.example" };
    const request = (site: string) =>
      answer(
        `GET /v2/read HTTP/1.1\r\nHost: localhost\r\nAuthorization: t\r\nSec-Fetch-Site: ${site}`,
      );
    expect(await request("cross-site")).toMatch(/^HTTP\/1\.1 403 /);
    expect(await request("same-origin")).toMatch(/^HTTP\/1\.1 400 /);
    await start({ cors: ["http://evil.example"], allowedHosts: ["log-stream.test"] });
    expect((await get(emulator, "", { headers })).status).toBe(400);
    expect(
      await answer("GET /v2/read HTTP/1.1\r\nHost: log-stream.test:1\r\nAuthorization: t"),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });
});
