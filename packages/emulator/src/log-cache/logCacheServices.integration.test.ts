import { counterEnvelope, type Envelope, logEnvelope, logText } from "@loggregator/api";
import type { EnvelopeType } from "@loggregator/api/log-cache";
import { type ClientError, createClient, Status } from "nice-grpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openChannel } from "../../testing/grpcClients.js";
import { getGateway, LogCacheClients } from "../../testing/logCacheClients.js";
import { framed, RawConnection } from "../../testing/rawCall.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: LogCacheClients;
beforeAll(async () => {
  emulator = await startEmulator();
  clients = new LogCacheClients(emulator);
});
afterAll(async () => {
  clients[Symbol.dispose]();
  await emulator.close();
});

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    ({ code, details }: ClientError) => ({ code, details }),
  );

test("sent envelopes can be read immediately, with or without local_only", async () => {
  const envelopes = ["1", "2"].map((text, i) =>
    logEnvelope(text, { sourceId: "sent", timestamp: BigInt(i + 1) }),
  );
  await clients.send(envelopes[0] as Envelope);
  await clients.ingress.send({ envelopes: { batch: [envelopes[1] as Envelope] }, localOnly: true });
  await clients.send();
  const { envelopes: read } = await clients.egress.read({ sourceId: "sent" });
  expect(read?.batch.map(logText)).toEqual(["1", "2"]);
  const { meta } = await clients.egress.meta({ localOnly: true });
  expect(meta["sent"]).toMatchObject({ count: 2n, expired: 0n, oldestTimestamp: 1n });
});

test("an unknown source has an empty batch", async () => {
  expect(await clients.egress.read({ sourceId: "unknown" })).toMatchObject({
    envelopes: { batch: [] },
  });
});

test("queries return scalars, vectors and matrices", async () => {
  await clients.send(
    ...[1n, 2n, 3n].map((total) =>
      counterEnvelope("requests", {
        sourceId: "queried",
        total,
        timestamp: (1000n + total) * 1_000_000_000n,
        tags: { __proto__: "x" },
      }),
    ),
  );
  const text = 'requests{source_id="queried"}';
  expect(
    (await clients.promql.instantQuery({ query: "1 + 1", time: "5.25" })).result,
  ).toMatchObject({
    $case: "scalar",
    value: { time: "5.250", value: 2 },
  });
  expect((await clients.promql.instantQuery({ query: text, time: "1003" })).result).toMatchObject({
    $case: "vector",
    value: {
      samples: [{ metric: { source_id: "queried" }, point: { time: "1003.000", value: 2 } }],
    },
  });
  expect(
    (await clients.promql.rangeQuery({ query: text, start: "1001", end: "1004", step: "1" }))
      .result,
  ).toMatchObject({
    $case: "matrix",
    value: { series: [{ points: [{ value: 1 }, { value: 2 }, { value: 3 }, { value: 3 }] }] },
  });
});

describe("refuses", () => {
  test.for([
    [{ limit: 1001n }, "limit (1001) must be 1000 or less"],
    [{ limit: -1n }, "limit (-1) must be greater than zero"],
    [{ startTime: 2n, endTime: 1n }, "StartTime (2) must be before EndTime (1)"],
  ] as const)("a read with %s", async ([request, details]) => {
    expect(await failure(clients.egress.read({ sourceId: "a", ...request }))).toEqual({
      code: Status.UNKNOWN,
      details,
    });
  });

  test.for([
    ["loggregator.v2.Egress", "Receiver"],
    ["logcache.v1.Orchestration", "ListRanges"],
    ["grpc.health.v1.Health", "Check"],
    ["grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"],
  ])("the service %s, which a real one does not have", async ([service, method]) => {
    using connection = await RawConnection.open(emulator.logCache.address, emulator.tls.logCache);
    const { headers } = await connection.call(`/${service}/${method}`, framed(Buffer.of()));
    expect(headers).toMatchObject({
      "grpc-status": String(Status.UNIMPLEMENTED),
      "grpc-message": `unknown service ${service}`,
    });
  });

  test("messages of more than 50 MiB, and accepts slightly smaller ones", async () => {
    const send = (size: number) =>
      clients.send(logEnvelope(new Uint8Array(size), { sourceId: "large" }));
    expect(await failure(send(53_000_000))).toMatchObject({
      code: Status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(
        /^grpc: received message larger than max \(530\d{5} vs\. 52428800\)$/,
      ),
    });
    await send(52_000_000);
  });

  test("clients whose certificate another authority has issued", async () => {
    await using other = await startEmulator();
    const { ca } = emulator.tls.logCache;
    const channel = openChannel(emulator.logCache.address, { ...other.tls.logCache, ca });
    const { EgressDefinition } = await import("@loggregator/api/log-cache");
    const client = createClient(EgressDefinition, channel);
    expect(await failure(client.meta({}))).toMatchObject({ code: Status.UNAVAILABLE });
    channel.close();
  });

  test("malformed requests, as a server in Go", async () => {
    using connection = await RawConnection.open(emulator.logCache.address, emulator.tls.logCache);
    const { headers } = await connection.call("/logcache.v1.Egress/Read", framed(Buffer.of(0xff)));
    expect(headers).toMatchObject({
      "grpc-status": "13",
      "grpc-message":
        "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data",
    });
  });
});

describe("answers requests that would crash a real node with an error, and records them:", () => {
  const crashed = (reason: string) => ({
    code: Status.INTERNAL,
    details: `a real log-cache node would have crashed: ${reason}`,
  });

  test("Send without envelopes", async () => {
    const reason = "the request has no envelopes, not even an empty batch";
    expect(await failure(clients.ingress.send({ envelopes: undefined, localOnly: false }))).toEqual(
      crashed(reason),
    );
    const crash = { method: "Ingress.Send", reason, time: expect.any(Date) };
    expect(emulator.logCache.crashes).toContainEqual(crash);
  });

  test("Read with an unknown type", async () => {
    const reason = "envelope_types has 99, which is not a type";
    const reading = clients.egress.read({ sourceId: "a", envelopeTypes: [99 as EnvelopeType] });
    expect(await failure(reading)).toEqual(crashed(reason));
    const crash = { method: "Egress.Read", reason, time: expect.any(Date) };
    expect(emulator.logCache.crashes).toContainEqual(crash);
  });

  test("a range query with too many points", async () => {
    const query = encodeURIComponent('cpu{source_id="a"}');
    const path = `/api/v1/query_range?query=${query}&start=0&end=1800000000&step=1`;
    const { status, body } = await getGateway(emulator, path);
    const reason = "the query has 1800000001 points";
    expect([status, JSON.parse(body).error]).toEqual([500, crashed(reason).details]);
    const crash = { method: "PromQLQuerier.RangeQuery", reason, time: expect.any(Date) };
    expect(emulator.logCache.crashes).toContainEqual(crash);
  });
});
