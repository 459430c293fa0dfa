import { once } from "node:events";
import { type Envelope, IngressDefinition } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";
import { ClientError, createClient, Status } from "nice-grpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asLine, emitV2, someCalls } from "./calls.js";
import { expectSame } from "./canonical.js";
import { Certificates } from "./certificates.js";
import { describeInterop, Peer } from "./peer.js";
import {
  agentModel,
  encoded,
  envelopes,
  type Json,
  logs,
  payload,
  protojson,
  withoutFoldedTags,
} from "./samples.js";
import { secureChannel } from "./secureChannel.js";

/** A report of the Go server. */
interface Received {
  readonly call: "BatchSender" | "Sender" | "Send";
  readonly batch?: { readonly batch?: readonly Json[] };
  readonly ended?: string;
}

/** The received envelopes in order, by method. */
interface Arrived {
  readonly streamed: Json[];
  readonly sent: Json[];
}

const clientTags = { "client-tag": "from-client", job: "client" };
const calls = someCalls(300, ["emitLog", "emitCounter", "emitGauge", "emitTimer", "emitEvent"]);

describeInterop("ingress", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await Certificates.make();
  });
  afterAll(() => certificates[Symbol.asyncDispose]());

  /** Starts a Go server, and returns it with its address. */
  async function startServer(address = "127.0.0.1:0") {
    const server = new Peer("ingress-server", { address, ...certificates.flags("metron") });
    return { server, ...(await server.next<{ address: string }>()) };
  }

  function goClient(address: string, tags: Record<string, string> = {}): Peer {
    const flags = certificates.flags("client");
    return new Peer("ingress-client", { address, tags: JSON.stringify(tags), ...flags });
  }

  async function ourClient(address: string, tags: Record<string, string> = {}, options = {}) {
    const tls = await loadIngressTls(certificates.clientPaths);
    return new IngressClient({ address, tls, tags, ...options });
  }

  async function makeCalls(client: IngressClient | Peer): Promise<void> {
    for (const call of calls) {
      if (client instanceof IngressClient) {
        await emitV2(client, call);
      } else {
        expect(await performCall(client, asLine(call))).toBe("");
      }
    }
  }

  /** Starts our server, and returns it with the envelopes that it receives. */
  async function startOurs() {
    const received: Envelope[] = [];
    const emulator = await startEmulator({
      tls: { authority: certificates.authority },
      onEnvelope: (envelope) => received.push(envelope),
    });
    return { emulator, received };
  }

  test("each call has the same result for all pairs of our and Go's clients and servers", async () => {
    const start = BigInt(Date.now()) * 1_000_000n;
    const { server, address } = await startServer();
    await using _ = server;
    await using theirs = goClient(address, clientTags);
    await makeCalls(theirs);
    const reference = await receive(server, calls.length);
    expect([reference.streamed.length, reference.sent.length]).toEqual([
      calls.filter(({ call }) => call !== "emitEvent").length,
      calls.filter(({ call }) => call === "emitEvent").length,
    ]);

    await using ours = await ourClient(address, clientTags);
    await makeCalls(ours);
    expectSame(untimed(await receive(server, calls.length), start), untimed(reference, start));

    const { emulator, received } = await startOurs();
    await using __ = emulator;
    await using toOurs = goClient(emulator.ingress.address, clientTags);
    await makeCalls(toOurs);
    await emulator.until((stats) => stats.received === calls.length);
    const atOurs = {
      streamed: protojson(received).filter(({ event }) => event === undefined),
      sent: protojson(received).filter(({ event }) => event !== undefined),
    };
    expectSame(untimed(atOurs, start), untimed(reference, start).map(agentModel()));
  });

  test("envelopes of all types reach a Go server from our client, and our server from Go's client", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    await using ours = await ourClient(address);
    for (const envelope of envelopes) {
      ours.emit(envelope);
    }
    const { streamed } = await receive(server, envelopes.length);
    expectSame(streamed, protojson(envelopes));

    const { emulator, received } = await startOurs();
    await using __ = emulator;
    await using theirs = goClient(emulator.ingress.address);
    theirs.send({ call: "emit", batch: encoded(envelopes) });
    await emulator.until((stats) => stats.received === envelopes.length);
    expectSame(
      protojson(received).map(withoutFoldedTags),
      streamed.map(agentModel()).map(withoutFoldedTags),
    );
  });

  test("10,000 envelopes of our client reach a Go server in order, and closeSend ends the stream", async () => {
    const { server, address } = await startServer();
    await using _ = server;
    const client = await ourClient(address);
    for (const log of logs) {
      client.emit(log);
    }
    await client.closeSend();
    expect(client.stats).toMatchObject({ sent: 10_000, dropped: 0, queued: 0, reconnects: 0 });
    const { streamed } = await receive(server, logs.length);
    expectSame(streamed, protojson(logs));
    expect(await server.next()).toEqual({ call: "BatchSender", ended: "EOF" });
  });

  test("10,000 envelopes of Go's client reach our server in order, and CloseSend ends the stream", async () => {
    const { emulator, received } = await startOurs();
    await using _ = emulator;
    await using client = goClient(emulator.ingress.address);
    client.send({ call: "emit", batch: encoded(logs) });
    expect(await performCall(client, { call: "closeSend" })).toBe("");
    await emulator.until(({ received }) => received === logs.length);
    await emulator.until(({ ingressStreams }) => ingressStreams === 0);
    expectSame(protojson(received), protojson(logs));
  });

  test("Sender and Send work between our clients and Go's server, and vice versa", async () => {
    const batch = envelopes.slice(0, 20);
    const { server, address } = await startServer();
    await using _ = server;
    using channel = secureChannel(address, await loadIngressTls(certificates.clientPaths));
    const stubs = createClient(IngressDefinition, channel.channel);
    const end = await stubs.sender(generate(batch)).catch((error: unknown) => error);
    expect(end).toMatchObject({ code: Status.UNKNOWN, details: "EOF" });
    expect(end).toBeInstanceOf(ClientError);
    const { streamed } = await receive(server, batch.length);
    expect(await server.next()).toEqual({ call: "Sender", ended: "EOF" });
    await stubs.send({ batch });
    const { sent } = await receive(server, batch.length);
    expectSame([...streamed, ...sent], protojson([...batch, ...batch]));

    const { emulator, received } = await startOurs();
    await using __ = emulator;
    await using client = goClient(emulator.ingress.address);
    expect(await performCall(client, { call: "Sender", batch: encoded(batch) })).toBe(
      "rpc error: code = Unknown desc = EOF",
    );
    expect(await performCall(client, { call: "Send", batch: encoded(batch) })).toBe("");
    expectSame(
      protojson(received).map(withoutFoldedTags),
      [...streamed, ...sent].map(agentModel()).map(withoutFoldedTags),
    );
  });

  test("our client reconnects after a Go server is killed and restarted", async () => {
    const { server, address } = await startServer();
    const failure = new AbortController();
    const onRetryableError = () => failure.abort();
    await using client = await ourClient(
      address,
      {},
      { delivery: "acknowledged", batchMaxSize: 10, onRetryableError },
    );
    for (const log of logs.slice(0, 1_000)) {
      client.emit(log);
    }
    const arrived = new Set<string>();
    const arrive = (envelopes: readonly Json[]) => {
      for (const json of envelopes) {
        arrived.add(payload(json));
      }
    };
    arrive((await receive(server, 100)).sent);
    for (const { batch } of await server.kill<Received>()) {
      arrive(batch?.batch ?? []);
    }
    for (const log of logs.slice(1_000, 2_000)) {
      client.emit(log);
    }
    if (!failure.signal.aborted) {
      await once(failure.signal, "abort");
    }
    const again = await startServer(address);
    await using _ = again.server;
    // Envelopes in flight when the server was killed may arrive twice.
    while (arrived.size < 2_000) {
      arrive((await receive(again.server, 1)).sent);
    }
    await client.flush();
    expect(client.stats).toMatchObject({ sent: 2_000, dropped: 0, queued: 0 });
    expect(client.stats.reconnects).toBeGreaterThan(0);
  });

  test("Go's client reconnects after our server is restarted", async () => {
    const before = await startOurs();
    const address = before.emulator.ingress.address;
    await using client = goClient(address);
    client.send({ call: "emit", batch: encoded(logs.slice(0, 1)) });
    await before.emulator.until(({ received }) => received === 1);
    await before.emulator.close();
    await using emulator = await startEmulator({
      tls: { authority: certificates.authority },
      ingress: { address },
    });
    // Go's client loses the envelopes that it sends before it has reconnected.
    const one = { call: "emit", batch: encoded(logs.slice(1, 2)) };
    const emitting = setInterval(() => client.send(one), 20);
    await emulator.until(({ received }) => received > 0);
    clearInterval(emitting);
  });
});

/** Makes a Go client perform a call, and returns its error, or an empty string if it succeeded. */
async function performCall(client: Peer, line: object): Promise<string> {
  client.send(line);
  return (await client.next<{ error: string }>()).error;
}

/** Waits until a Go server has received a number of envelopes, and returns them. */
async function receive(server: Peer, count: number): Promise<Arrived> {
  const received: Arrived = { streamed: [], sent: [] };
  while (received.streamed.length + received.sent.length < count) {
    const { call, batch, ended } = await server.next<Received>();
    if (ended !== undefined) {
      throw new Error(`expected more envelopes, ${call} ended: ${ended}`);
    }
    (call === "Send" ? received.sent : received.streamed).push(...(batch?.batch ?? []));
  }
  return received;
}

/** Returns the envelopes without timestamps, and expects these to be later than `start`. */
function untimed({ streamed, sent }: Arrived, start: bigint): Json[] {
  return [...streamed, ...sent].map(({ timestamp, ...json }) => {
    const time = BigInt(timestamp as string);
    expect(time >= start && time <= BigInt(Date.now() + 1) * 1_000_000n).toBe(true);
    return json;
  });
}

async function* generate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
