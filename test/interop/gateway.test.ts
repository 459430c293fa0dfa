import { type Envelope, selectAll, selectCounter, selectGauge, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import {
  type GatewayRequest,
  GatewayResponseError,
  RlpGatewayClient,
} from "@loggregator/rlp-gateway";
import { expect, test } from "vitest";
import { canonical, expectSame } from "./canonical.js";
import { describeInterop, Peer } from "./peer.js";
import { agentModel, encoded, envelopes, logs, protojson, take } from "./samples.js";

/** A report of the Go gateway about a request. */
interface RequestReport {
  readonly stream: number;
  readonly query: string;
  readonly headers: Record<string, string[]>;
}

const token = "the-token";

describeInterop("gateway", () => {
  async function startGateway(address = "127.0.0.1:0") {
    const gateway = new Peer("gateway", { address, token });
    return { gateway, ...(await gateway.next<{ address: string }>()) };
  }

  function ourReader(address: string, request: GatewayRequest = { selectors: [selectLog()] }) {
    const client = new RlpGatewayClient({ url: `http://${address}`, token });
    return client.stream(request)[Symbol.asyncIterator]();
  }

  function goReader(address: string, request: object): Peer {
    const wanted = JSON.stringify(request);
    return new Peer("gateway-reader", { address: `http://${address}`, request: wanted, token });
  }

  test.each<[string, GatewayRequest, object]>([
    [
      "all types of one source",
      { shardId: "shard", deterministicName: "name", selectors: selectAll({ sourceId: "app" }) },
      {
        shardId: "shard",
        deterministicName: "name",
        selectors: ["log", "counter", "gauge", "timer", "event"].map((type) => ({
          sourceId: "app",
          [type]: {},
        })),
      },
    ],
    [
      "names",
      { selectors: [selectCounter({ name: "requests" }), selectGauge({ names: ["cpu"] })] },
      { selectors: [{ counter: { name: "requests" } }, { gauge: { names: ["cpu"] } }] },
    ],
  ])("our client and Go's send a Go gateway the same request for %s", async (_, ours, theirs) => {
    const { gateway, address } = await startGateway();
    await using __ = gateway;
    await using ___ = goReader(address, theirs);
    const reference = await gateway.next<RequestReport>();
    const stream = ourReader(address, ours);
    const first = stream.next();
    const asked = await gateway.next<RequestReport>();
    expect(asked.query).toBe(reference.query);
    for (const name of ["Accept", "Cache-Control", "Authorization"]) {
      expect([name, asked.headers[name]]).toEqual([name, reference.headers[name]]);
    }
    await stream.return?.();
    expect(await first).toMatchObject({ done: true });
  });

  test("envelopes of all types reach our client from a Go gateway as they reach Go's client", async () => {
    const { gateway, address } = await startGateway();
    await using _ = gateway;
    await using theirs = goReader(address, { selectors: [{ log: {} }] });
    await gateway.next<RequestReport>();
    const ours = ourReader(address);
    const first = ours.next();
    await gateway.next<RequestReport>();
    for (const stream of [0, 1]) {
      gateway.send({ stream, batch: encoded(envelopes) });
    }
    const { value } = await first;
    expectSame(protojson(value), await take(theirs, envelopes.length));
    await ours.return?.();
  });

  test("envelopes of all types and 10,000 logs reach Go's client from our gateway", async () => {
    await using emulator = await startEmulator();
    const selectors = ["log", "counter", "gauge", "timer", "event"].map((type) => ({ [type]: {} }));
    await using reader = goReader(emulator.gateway.address, { selectors });
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    const sent = [...envelopes, ...logs]
      // Envelopes that no selector matches do not arrive. Deprecated tags would become tags.
      .filter(({ message }) => message !== undefined)
      .map((envelope) => ({ ...envelope, deprecatedTags: {} }));
    for (const envelope of sent.slice(0, 10_000)) {
      emulator.emit(envelope);
    }
    await emulator.until(({ delivered }) => delivered === 10_000);
    for (const envelope of sent.slice(10_000)) {
      emulator.emit(envelope);
    }
    // Go's client decodes in several goroutines, so the order of its batches varies.
    const received = (await take(reader, sent.length)).map(canonical).sort();
    expectSame(received, protojson(sent).map(agentModel()).map(canonical).sort());
  });

  test("Go's client continues after our gateway's closing event", async () => {
    await using emulator = await startEmulator({ gateway: { streamTimeoutMs: 1_000 } });
    await using reader = goReader(emulator.gateway.address, { selectors: [{ log: {} }] });
    for (const number of [0, 1]) {
      await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
      const log = logs.slice(number, number + 1);
      emulator.emit(log[0] as Envelope);
      expectSame(await take(reader, 1), protojson(log));
      await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
    }
  });

  test("Go's client retries ten times after our gateway's refusal, and ends", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: {} } });
    await using reader = goReader(emulator.gateway.address, { selectors: [{ log: {} }] });
    expect(await reader.next()).toEqual({ ended: expect.stringContaining("exceeded max retries") });
  });

  test("10,000 envelopes reach our client from a Go gateway in order, with heartbeats between them", async () => {
    const { gateway, address } = await startGateway();
    await using _ = gateway;
    const stream = ourReader(address);
    const received = stream.next().then(({ value }) => [...(value ?? [])]);
    await gateway.next<RequestReport>();
    for (let from = 0; from < logs.length; from += 100) {
      gateway.send({ stream: 0, status: "heartbeat" });
      gateway.send({ stream: 0, batch: encoded(logs.slice(from, from + 100)) });
    }
    const all = await received;
    while (all.length < logs.length) {
      all.push(...((await stream.next()).value ?? []));
    }
    expectSame(protojson(all), protojson(logs));
    await stream.return?.();
    expect(await gateway.next()).toEqual({ stream: 0, ended: "context canceled" });
  });

  test("our client continues after a Go gateway's closing event, a broken connection and a restart", async () => {
    const { gateway, address } = await startGateway();
    const stream = ourReader(address);
    for (const [number, status] of ["closing", "cut", "killed"].entries()) {
      const next = stream.next();
      await gateway.next<RequestReport>();
      gateway.send({ stream: number, batch: encoded(logs.slice(number, number + 1)) });
      expectSame(protojson((await next).value), protojson(logs.slice(number, number + 1)));
      if (status === "killed") {
        await gateway.kill();
      } else {
        gateway.send({ stream: number, status });
      }
    }
    const again = await startGateway(address);
    await using _ = again.gateway;
    const next = stream.next();
    await again.gateway.next<RequestReport>();
    again.gateway.send({ stream: 0, batch: encoded(logs.slice(3, 4)) });
    expectSame(protojson((await next).value), protojson(logs.slice(3, 4)));
    await stream.return?.();
  });

  test("errors of our client have the status and code of a Go gateway's refusal", async () => {
    const { gateway, address } = await startGateway();
    await using _ = gateway;
    const url = `http://${address}`;
    const refusal = async (client: RlpGatewayClient, request: GatewayRequest) => {
      const error = await client
        .stream(request)
        [Symbol.asyncIterator]()
        .next()
        .catch((e) => e);
      expect(error).toBeInstanceOf(GatewayResponseError);
      return [error.status, error.code];
    };
    const log = { selectors: [selectLog()] };
    const client = new RlpGatewayClient({ url, token });
    expect(await refusal(client, { selectors: [] })).toEqual([400, "empty_query"]);
    expect(await refusal(client, { shardId: "s", selectors: [] })).toEqual([
      ...[400, "missing_envelope_type"],
    ]);
    const stranger = new RlpGatewayClient({ url, token: "another" });
    expect(await refusal(stranger, log)).toEqual([404, "not_found"]);
  });

  test("our client requests a fresh token after a Go gateway refuses one", async () => {
    const { gateway, address } = await startGateway();
    await using _ = gateway;
    const client = new RlpGatewayClient({
      url: `http://${address}`,
      token: ({ refresh }) => (refresh ? token : "stale"),
    });
    const stream = client.stream({ selectors: [selectLog()] })[Symbol.asyncIterator]();
    const first = stream.next();
    expect(await gateway.next()).toMatchObject({ refused: "not_found" });
    await gateway.next<RequestReport>();
    gateway.send({ stream: 0, batch: encoded(logs.slice(0, 1)) });
    expectSame(protojson((await first).value), protojson(logs.slice(0, 1)));
    await stream.return?.();
  });
});
