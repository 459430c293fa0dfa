import {
  EgressDefinition,
  type Envelope,
  type Selector,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "@loggregator/api";
import {
  EgressError,
  EnvelopeStreamConnector,
  type EnvelopeStreamRequest,
  loadEgressTls,
  Status,
} from "@loggregator/egress";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { createClient } from "nice-grpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectSame } from "./canonical.js";
import { Certificates } from "./certificates.js";
import { describeInterop, type Flags, Peer } from "./peer.js";
import { agentModel, envelopes as all, encoded, logs, protojson, take } from "./samples.js";
import { secureChannel } from "./secureChannel.js";

/** A report of the Go server about a stream. */
interface Begun {
  readonly stream: number;
  readonly call: string;
  readonly request: unknown;
}

/** Envelopes that no selector matches would not arrive. */
const envelopes = all.filter(({ message }) => message !== undefined);
const request = { shardId: "shard", selectors: [selectLog()] };

describeInterop("egress", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await Certificates.make();
  });
  afterAll(() => certificates[Symbol.asyncDispose]());

  /** Starts a Go server, and returns it with its address. */
  async function startServer(address = "127.0.0.1:0") {
    const server = new Peer("egress-server", { address, ...certificates.flags("reverselogproxy") });
    return { server, ...(await server.next<{ address: string }>()) };
  }

  function goReader(emulator: Emulator, wanted: object, flags: Flags = {}): Peer {
    const { address } = emulator.egress;
    const files = certificates.flags("client");
    return new Peer("egress-reader", {
      address,
      request: JSON.stringify(wanted),
      ...files,
      ...flags,
    });
  }

  async function ourReader(address: string, wanted: EnvelopeStreamRequest = request) {
    const tls = await loadEgressTls(certificates.clientPaths);
    return new EnvelopeStreamConnector({ address, tls }).stream(wanted);
  }

  function startOurs(address = "127.0.0.1:0"): Promise<Emulator> {
    return startEmulator({ tls: { authority: certificates.authority }, egress: { address } });
  }

  test.each<[string, EnvelopeStreamRequest, object]>([
    [
      "all types",
      { shardId: "s", deterministicName: "d", selectors: selectAll() },
      {
        shardId: "s",
        deterministicName: "d",
        usePreferredTags: true,
        selectors: [{ log: {} }, { counter: {} }, { gauge: {} }, { timer: {} }, { event: {} }],
      },
    ],
    [
      "sources and names",
      {
        usePreferredTags: false,
        selectors: [
          selectLog({ sourceId: "l" }),
          selectCounter({ sourceId: "c", name: "requests" }),
          selectGauge({ sourceId: "g", names: ["cpu", "日本語"] }),
          selectTimer({ sourceId: "t" }),
          selectEvent({ sourceId: "e" }),
        ],
      },
      {
        selectors: [
          { sourceId: "l", log: {} },
          { sourceId: "c", counter: { name: "requests" } },
          { sourceId: "g", gauge: { names: ["cpu", "日本語"] } },
          { sourceId: "t", timer: {} },
          { sourceId: "e", event: {} },
        ],
      },
    ],
    [
      "a legacy selector",
      { selectors: [], legacySelector: selectLog({ sourceId: "l" }) },
      { legacySelector: { sourceId: "l", log: {} }, usePreferredTags: true },
    ],
  ])("a Go server reads our request for %s", async (_, wanted, asked) => {
    const { server, address } = await startServer();
    await using __ = server;
    await using stream = await ourReader(address, wanted);
    const first = stream.next();
    const { call, request } = await server.next<Begun>();
    expect({ call, request }).toEqual({ call: "BatchedReceiver", request: asked });
    server.send({ stream: 0, batch: encoded([]) });
    expect(await first).toEqual({ value: [], done: false });
  });

  test("envelopes of all types reach our connector from a Go server, and Go's connector from ours", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    await using stream = await ourReader(address);
    const first = stream.next();
    await server.next<Begun>();
    server.send({ stream: 0, batch: encoded(envelopes) });
    const { value } = await first;
    expectSame(protojson(value), protojson(envelopes));

    await using emulator = await startOurs();
    const selectors = selectAll().map(asProtojson);
    await using reader = goReader(emulator, { selectors, usePreferredTags: true });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    const preferred = envelopes.map((envelope) => ({ ...envelope, deprecatedTags: {} }));
    for (const envelope of preferred) {
      emulator.emit(envelope);
    }
    const received = await take(reader, preferred.length);
    expectSame(received, protojson(preferred).map(agentModel()));
  });

  test("10,000 envelopes reach our connector from a Go server in order, and Go's connector from ours", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    await using stream = await ourReader(address);
    const first = stream.next();
    await server.next<Begun>();
    for (let from = 0; from < logs.length; from += 100) {
      server.send({ stream: 0, batch: encoded(logs.slice(from, from + 100)) });
    }
    const received = [...((await first).value ?? [])];
    while (received.length < logs.length) {
      received.push(...((await stream.next()).value ?? []));
    }
    expectSame(protojson(received), protojson(logs));

    await using emulator = await startOurs();
    await using reader = goReader(emulator, { selectors: [{ log: {} }] });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    for (const log of logs) {
      emulator.emit(log);
    }
    expectSame(await take(reader, logs.length), protojson(logs));
    expect(emulator.stats.dropped).toBe(0);
  });

  test("Receiver streams single envelopes in both directions", async () => {
    const some = envelopes.slice(0, 20);
    const { server, address } = await startServer();
    await using _ = server;
    using channel = secureChannel(address, await loadEgressTls(certificates.clientPaths));
    const stubs = createClient(EgressDefinition, channel.channel);
    const wanted = { shardId: "s", selectors: selectAll() };
    const received: Envelope[] = [];
    const reading = (async () => {
      for await (const envelope of stubs.receiver(wanted)) {
        received.push(envelope);
        if (received.length === some.length) {
          break;
        }
      }
    })();
    expect(await server.next<Begun>()).toMatchObject({
      call: "Receiver",
      request: { shardId: "s" },
    });
    server.send({ stream: 0, batch: encoded(some) });
    await reading;
    expectSame(protojson(received), protojson(some));
    expect(await server.next()).toEqual({ stream: 0, ended: "context canceled" });

    await using emulator = await startOurs();
    await using reader = goReader(emulator, { selectors: [{ log: {} }] }, { single: true });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    for (const log of logs.slice(0, 20)) {
      emulator.emit(log);
    }
    expectSame(await take(reader, 20), protojson(logs.slice(0, 20)));
  });

  test("our server rejects a Go client's invalid requests with the expected statuses", async () => {
    await using emulator = await startOurs();
    for (const [wanted, message] of [
      [{}, "Selectors cannot be empty"],
      [{ selectors: [{ sourceId: "s" }] }, "Selectors must have a Message"],
    ] as const) {
      await using reader = goReader(emulator, wanted, { single: true });
      expect(await reader.next()).toEqual({
        ended: `rpc error: code = InvalidArgument desc = ${message}`,
      });
    }
  });

  test("our connector retries after a Go server's UNAVAILABLE, and ends with its INVALID_ARGUMENT", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    await using stream = await ourReader(address);
    const first = stream.next();
    await server.next<Begun>();
    server.send({ stream: 0, status: "end", code: Status.UNAVAILABLE, message: "busy" });
    expect(await server.next<Begun>()).toMatchObject({ stream: 1, call: "BatchedReceiver" });
    server.send({ stream: 1, batch: encoded(logs.slice(0, 1)) });
    expectSame(protojson((await first).value), protojson(logs.slice(0, 1)));
    server.send({ stream: 1, status: "end", code: Status.INVALID_ARGUMENT, message: "no" });
    const error = await stream.next().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EgressError);
    expect(error).toMatchObject({ code: Status.INVALID_ARGUMENT });
  });

  test("our connector reconnects after a Go server is killed and restarted", async () => {
    const { server, address } = await startServer();
    await using stream = await ourReader(address);
    const first = stream.next();
    const { request } = await server.next<Begun>();
    server.send({ stream: 0, batch: encoded(logs.slice(0, 1)) });
    expectSame(protojson((await first).value), protojson(logs.slice(0, 1)));
    const second = stream.next();
    await server.kill();

    const again = await startServer(address);
    await using _ = again.server;
    expect(await again.server.next<Begun>()).toMatchObject({ request });
    again.server.send({ stream: 0, batch: encoded(logs.slice(1, 2)) });
    expectSame(protojson((await second).value), protojson(logs.slice(1, 2)));
  });

  test("a Go server reports the end of one connector's stream and the start of the next", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    for (const number of [0, 1]) {
      await using stream = await ourReader(address);
      const first = stream.next();
      expect(await server.next<Begun>()).toMatchObject({ stream: number });
      server.send({ stream: number, batch: encoded(logs.slice(number, number + 1)) });
      expectSame(protojson((await first).value), protojson(logs.slice(number, number + 1)));
      await stream.return?.();
      expect(await server.next()).toEqual({ stream: number, ended: "context canceled" });
    }
  });

  test("reading continues after our server is restarted, and after a Go reader is killed", async () => {
    const before = await startOurs();
    const { address } = before.egress;
    await using reader = goReader(before, { selectors: [{ log: {} }] });
    await before.until(({ egressStreams }) => egressStreams === 1);
    before.emit(logs[0] as Envelope);
    expectSame(await take(reader, 1), protojson(logs.slice(0, 1)));
    await before.close();

    await using emulator = await startOurs(address);
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(logs[1] as Envelope);
    expectSame(await take(reader, 1), protojson(logs.slice(1, 2)));

    await reader.kill();
    await emulator.until(({ egressStreams }) => egressStreams === 0);
    await using other = goReader(emulator, { selectors: [{ log: {} }] });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(logs[2] as Envelope);
    expectSame(await take(other, 1), protojson(logs.slice(2, 3)));
  });
});

function asProtojson({ sourceId, message }: Selector): object {
  return { sourceId, ...(message && { [message.$case]: {} }) };
}
