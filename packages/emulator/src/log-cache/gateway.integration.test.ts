import { once } from "node:events";
import { get } from "node:https";
import { Envelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Http2Request } from "../../testing/http2Request.js";
import { envelopesOf, getGateway, LogCacheClients, logsOf } from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: LogCacheClients;
beforeAll(async () => {
  emulator = await startEmulator();
  clients = new LogCacheClients(emulator);
  const logs = (sourceId: string, count: number) =>
    Array.from({ length: count }, (_, i) =>
      logEnvelope(String(i), { sourceId, timestamp: BigInt(i + 1) * 1_000_000n }),
    );
  await clients.send(
    ...logs("many", 150),
    ...logs("a/b", 1),
    ...logs("S/", 2),
    ...logs("plus+", 3),
    ...logs("", 4),
    Envelope.create({ sourceId: "bare", timestamp: 1n }),
    Envelope.create({
      sourceId: "old-tags",
      timestamp: 1n,
      deprecatedTags: { n: { data: { $case: "integer", value: 7n } } },
      message: { $case: "log", value: { payload: new Uint8Array(), type: 0 } },
    }),
    gaugeEnvelope(
      { cpu: { value: 1, unit: "%" }, memory: { value: 2, unit: "B" } },
      { sourceId: "gauges", timestamp: 1n },
    ),
    logEnvelope("x", { sourceId: "gauges", timestamp: 2n }),
    logEnvelope("future", { sourceId: "future", timestamp: 2n ** 62n }),
    logEnvelope("last", { sourceId: "last", timestamp: 2n ** 63n - 1n }),
  );
});
afterAll(async () => {
  clients[Symbol.dispose]();
  await emulator.close();
});

const read = (sourceId: string, query = "", init?: RequestInit) =>
  getGateway(emulator, `/api/v1/read/${sourceId}${query}`, init);
const failed = (status: number, code: number, message: string) => ({
  status,
  type: "application/json",
  body: `{"code":${code}, "message":${JSON.stringify(message)}, "details":[]}\n`,
});

describe("read", () => {
  test.for([
    ["", 100],
    ["?limit=0", 100],
    ["?limit=7", 7],
    ["?limit=1000", 150],
    ["?end_time=0&limit=1000", 150],
    ["?start_time=-5&limit=1000", 150],
    ["?start_time=2000000&end_time=4000000", 2],
    ["?startTime=2000000&endTime=4000000", 2],
    ["?start_time=4611686018427387904", 0],
    ["?start_time=2000000&end_time=2000000", 0],
    ["?envelope_types=COUNTER", 0],
    ["?envelope_types=COUNTER&envelope_types=LOG&limit=3", 3],
    ["?envelope_types=1&limit=3", 3],
    ["?envelope_types=ANY&envelope_types=COUNTER", 0],
    ["?envelope_types=ANY&limit=3", 3],
    ["?envelopeTypes=LOG&limit=3", 3],
    ["?name_filter=&limit=3", 3],
    ["?name_filter=.*", 0],
    ["?source_id=other&nonsense=1&limit=3", 3],
  ])("%s returns the right number of envelopes", async ([query, count]) => {
    expect(envelopesOf(await read("many", String(query)))).toHaveLength(count as number);
  });

  test("has a header of grpc-gateway, and no other encoding or CORS for any request", async () => {
    const headers = { accept: "text/html", "accept-encoding": "gzip", origin: "http://other" };
    const url = `${emulator.logCache.gatewayUrl}/api/v1/read/many?limit=1`;
    const response = await fetch(url, { headers });
    expect(response.headers.get("grpc-metadata-content-type")).toBe("application/grpc");
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await response.text()).toMatch(/^\{"envelopes":\{"batch":\[\{.*\}\]\}\}\n$/);
  });

  test("allows pages of other origins to read its clock", async () => {
    await using open = await startEmulator({ logCache: { cors: true } });
    const { headers } = await fetch(`${open.logCache.gatewayUrl}/api/v1/read/many`);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toBe("date");
  });

  test("descending begins with the newest", async () => {
    expect(logsOf(await read("many", "?descending=true&limit=2"))).toEqual(["149", "148"]);
    expect(logsOf(await read("many", "?descending=1&limit=1"))).toEqual(["149"]);
  });

  test("envelopes from the future need an end", async () => {
    expect(envelopesOf(await read("future"))).toHaveLength(0);
    const query = "?end_time=9223372036854775807";
    expect(envelopesOf(await read("future", query))).toHaveLength(1);
  });

  test("the largest timestamp cannot be read", async () => {
    expect(envelopesOf(await read("last", "?end_time=9223372036854775807"))).toHaveLength(0);
  });

  test("returns envelopes without a message, and deprecated tags with their types", async () => {
    expect(envelopesOf(await read("bare"))).toEqual([
      { timestamp: "1", source_id: "bare", instance_id: "", deprecated_tags: {}, tags: {} },
    ]);
    expect(envelopesOf(await read("old-tags"))).toMatchObject([
      { deprecated_tags: { n: { integer: "7" } }, log: { payload: "", type: "OUT" } },
    ]);
  });

  test("a name filter keeps only the metrics of a gauge that match", async () => {
    const envelopes = envelopesOf(await read("gauges", "?name_filter=pu"));
    expect(envelopes).toMatchObject([{ gauge: { metrics: { cpu: { unit: "%", value: 1 } } } }]);
    expect(JSON.stringify(envelopes)).not.toContain("memory");
    const all = envelopesOf(await read("gauges", "?name_filter=cpu|memory"));
    expect(JSON.stringify(all)).toContain("memory");
  });

  test.for([
    ["?limit=1001", 500, 2, "limit (1001) must be 1000 or less"],
    ["?limit=-1", 500, 2, "limit (-1) must be greater than zero"],
    ["?start_time=5&end_time=4", 500, 2, "StartTime (5) must be before EndTime (4)"],
    [
      "?name_filter=(",
      500,
      2,
      "name filter must be a valid regular expression: error parsing regexp: missing closing ): `(`",
    ],
    [
      "?name_filter=a(?!b)",
      500,
      2,
      "name filter must be a valid regular expression: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
    ],
    ["?limit=x", 400, 3, 'parsing field "limit": strconv.ParseInt: parsing "x": invalid syntax'],
    ["?limit=", 400, 3, 'parsing field "limit": strconv.ParseInt: parsing "": invalid syntax'],
    [
      "?limit=1.5",
      400,
      3,
      'parsing field "limit": strconv.ParseInt: parsing "1.5": invalid syntax',
    ],
    [
      "?startTime=2026-01-01T00:00:00Z",
      400,
      3,
      'parsing field "start_time": strconv.ParseInt: parsing "2026-01-01T00:00:00Z": invalid syntax',
    ],
    [
      "?end_time=9223372036854775808",
      400,
      3,
      'parsing field "end_time": strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    ["?limit=1&limit=2", 400, 3, 'too many values for field "limit": 1, 2'],
    [
      "?descending=yes",
      400,
      3,
      'parsing field "descending": strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [
      "?descending",
      400,
      3,
      'parsing field "descending": strconv.ParseBool: parsing "": invalid syntax',
    ],
    ["?envelope_types=log", 400, 3, 'parsing list "envelope_types": "log" is not a valid value'],
    [
      "?envelope_types=LOG,GAUGE",
      400,
      3,
      'parsing list "envelope_types": "LOG,GAUGE" is not a valid value',
    ],
    ["?envelope_types=", 400, 3, 'parsing list "envelope_types": "" is not a valid value'],
    ["?envelope_types=99", 400, 3, 'parsing list "envelope_types": "99" is not a valid value'],
    ["?limit=1;start_time=2", 400, 3, "invalid semicolon separator in query"],
    ["?limit=%zz", 400, 3, 'invalid URL escape "%zz"'],
  ] as const)("refuses %s", async ([query, status, code, message]) => {
    expect(await read("many", query)).toEqual(failed(status, code, message));
  });
});

describe("paths", () => {
  test.for([
    ["a/b", 1],
    ["a%2Fb", 1],
    ["S/", 2],
    ["plus+", 3],
    ["", 4],
    ["unknown", 0],
  ])("/read/%s is the source with that name", async ([path, count]) => {
    expect(envelopesOf(await read(String(path)))).toHaveLength(count as number);
  });

  test("/read is the source without a name", async () => {
    expect(envelopesOf(await getGateway(emulator, "/api/v1/read"))).toHaveLength(4);
  });

  test("redirects to the clean path", async () => {
    const url = `${emulator.logCache.gatewayUrl}//api/v1/read/many?limit=1`;
    const response = await fetch(url, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([
      307,
      "/api/v1/read/many?limit=1",
    ]);
    expect(
      envelopesOf(await getGateway(emulator, "//api/v1/read/a/b", { redirect: "follow" })),
    ).toHaveLength(1);
  });

  test.for(["/nope", "/", "/api/v1", "/api/v1/series", "/api/v1/labels", "/api/v1/label/x/values"])(
    "%s does not exist",
    async (path) => {
      expect(await getGateway(emulator, path)).toEqual(failed(404, 5, "Not Found"));
    },
  );
});

describe("methods", () => {
  test.for(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is refused", async (method) => {
    expect(await read("many", "", { method })).toEqual(failed(501, 12, "Method Not Allowed"));
  });

  test("HEAD is refused without a body", async () => {
    expect(await read("many", "", { method: "HEAD" })).toMatchObject({ status: 501, body: "" });
  });

  test("a form is accepted like a query", async () => {
    const body = new URLSearchParams({ limit: "2", descending: "true" });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const init = { method: "POST", body: body.toString(), headers };
    expect(logsOf(await read("many", "", init))).toEqual(["149", "148"]);
  });
});

test("info needs no token and accepts any method", async () => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const answer = await getGateway(emulator, "/api/v1/info", { method });
    expect(answer).toMatchObject({ status: 200, type: "text/plain; charset=utf-8" });
    expect(answer.body).toMatch(/^\{"version":"\d+\.\d+\.\d+","vm_uptime":"\d+"\}\n$/);
  }
});

test.for(["", "&time="])("a query%s without a time is at the server's time", async (time) => {
  const before = Math.floor(Date.now() / 1000);
  const { body } = await getGateway(emulator, `/api/v1/query?query=1${time}`);
  const [seconds, value] = JSON.parse(body).data.result as [number, string];
  expect(seconds).toBeGreaterThanOrEqual(before);
  expect(seconds).toBeLessThanOrEqual(Date.now() / 1000);
  expect(value).toBe("1");
});

test("meta has snake case with zeros, and accepts local_only", async () => {
  const { body } = await getGateway(emulator, "/api/v1/meta?local_only=true");
  expect(JSON.parse(body).meta["a/b"]).toEqual({
    count: "1",
    expired: "0",
    oldest_timestamp: "1000000",
    newest_timestamp: "1000000",
  });
});

test("meta may be a second old, in strict realism", async () => {
  await using strict = await startEmulator({ realism: "strict" });
  using clients = new LogCacheClients(strict);
  await clients.send(logEnvelope("1", { sourceId: "first" }));
  const sources = async () =>
    Object.keys(JSON.parse((await getGateway(strict, "/api/v1/meta")).body).meta);
  expect(await sources()).toEqual(["first"]);
  await clients.send(logEnvelope("2", { sourceId: "second" }));
  expect(await sources()).toEqual(["first"]);
});

test("a response of more than 50 MiB is refused with 429", async () => {
  const payload = new Uint8Array(1_000_000);
  for (let i = 0; i < 3; i += 1) {
    const batch = Array.from({ length: 18 }, (_, j) =>
      logEnvelope(payload, { sourceId: "large", timestamp: BigInt(i * 18 + j + 1) * 1_000_000n }),
    );
    await clients.send(...batch);
  }
  const answer = await read("large");
  expect(answer.status).toBe(429);
  expect(answer.body).toMatch(
    /^\{"code":8, "message":"grpc: received message larger than max \(540\d{5} vs\. 52428800\)", "details":\[\]\}\n$/,
  );
  expect((await read("large", "?limit=1")).status).toBe(200);
});

test("the auth proxy serves HTTPS with HTTP/1.1 and HTTP/2", async () => {
  const url = `${emulator.logCache.httpsUrl}/api/v1/info`;
  using request = new Http2Request(url, emulator.tls.gateway.ca, {});
  expect(await request.headers()).toMatchObject({ ":status": 200 });
  const { ca } = emulator.tls.gateway;
  const [response] = await once(get(url, { ca }), "response");
  expect([response.statusCode, response.httpVersion]).toEqual([200, "1.1"]);
  response.resume();
});

test("plain HTTP to HTTPS is refused", async () => {
  const response = await fetch(`http://${emulator.logCache.httpsAddress}/api/v1/info`);
  expect([response.status, await response.text()]).toEqual([
    400,
    "Client sent an HTTP request to an HTTPS server.\n",
  ]);
});
