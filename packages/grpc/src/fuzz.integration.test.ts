import { gzipSync } from "node:zlib";
import { seededRandom } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { ClientError, createClientFactory } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { definition } from "../testing/rawCalls.js";
import {
  FrameType,
  framed,
  type RawConnection,
  startRawHttp2Server,
} from "../testing/rawHttp2Server.js";
import { Connection, type ConnectionCallOptions, type MessageSource } from "./index.js";

// Against a server that misbehaves at random, every call ends, each failure is an error of a
// documented class, sources are notified correctly, and nothing is left open.
// FUZZ_SEED=n runs one seed; the seed of a failure is part of the test's name.

const seeds =
  process.env["FUZZ_SEED"] === undefined
    ? Array.from({ length: 12 }, (_, index) => index + 1)
    : [Number(process.env["FUZZ_SEED"])];
const roundsPerSeed = 8;

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

/** Returns a generator of integers from 0 that are below a bound. */
function randomOf(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

type Random = ReturnType<typeof randomOf>;

const oneOf = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;

/** Performs a random action, correct or not, on a stream that the client has opened. */
function misbehave(connection: RawConnection, random: Random): void {
  const id = Math.max(1, connection.lastStreamId - 2 * random(3));
  const initialWindowSize = 4;
  const maxConcurrentStreams = 3;
  const actions: (() => void)[] = [
    () => connection.sendResponse(id),
    () => connection.sendResponse(id, { "grpc-encoding": oneOf(random, ["gzip", "br", ""]) }),
    () => connection.sendData(id, framed(Buffer.alloc(random(30_000)))),
    () =>
      connection.sendData(
        id,
        framed(gzipSync(Buffer.alloc(random(100_000))), 1).subarray(0, 16_384),
      ),
    () => connection.sendData(id, Buffer.alloc(random(20), random(256)), random(4) === 0),
    () => connection.sendTrailers(id, { "grpc-status": String(random(20)) }),
    () => connection.sendTrailers(id, { "grpc-status": "0" }),
    () => connection.sendTrailers(id, { "grpc-status": oneOf(random, ["", "x", "1e1", "00"]) }),
    () => connection.sendTrailers(id, {}),
    () =>
      connection.sendHeaders(
        id,
        { ":status": oneOf(random, ["100", "200", "404", "502"]), "content-type": "text/html" },
        random(2) === 0,
      ),
    () => connection.sendReset(id, random(16)),
    () =>
      connection.sendGoaway(oneOf(random, [0, id, 2 ** 31 - 1]), random(3) === 0 ? random(16) : 0),
    () => connection.sendSettings({ [initialWindowSize]: oneOf(random, [0, 1, 1_000, 65_535]) }),
    () => connection.sendSettings({ [maxConcurrentStreams]: oneOf(random, [0, 1, 100]) }),
    () => connection.sendWindowUpdate(id, 1 + random(50_000)),
    () => connection.sendWindowUpdate(0, 1 + random(50_000)),
    () => connection.send(FrameType.ping, 0, 0, Buffer.alloc(8)),
    () => connection.send(random(256), random(256), id, Buffer.alloc(random(50), random(256))),
    () => {
      connection.acknowledges = !connection.acknowledges;
    },
    () => {
      if (random(4) === 0) {
        connection.destroy();
      }
    },
  ];
  oneOf(random, actions)();
}

class FuzzSource implements MessageSource {
  taken = 0;
  reported = 0;
  isEnded = false;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  take(roomBytes: number): Uint8Array[] {
    expect(this.isEnded).toBe(false);
    expect(roomBytes).toBeGreaterThan(0);
    const count = this.#random(5);
    this.taken += count;
    return Array.from({ length: count }, () => Buffer.alloc(this.#random(20_000)));
  }

  sent(count: number): void {
    expect(this.isEnded).toBe(false);
    this.reported += count;
    expect(this.reported).toBeLessThanOrEqual(this.taken);
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Makes a call of a random kind and aborts it some time later, unless it has ended by then. */
async function call(connection: Connection, random: Random): Promise<void> {
  const client = createClientFactory()
    .use(connection.middleware)
    .create(definition, connection.channel);
  const abort = new AbortController();
  const source = new FuzzSource(random);
  const options: ConnectionCallOptions & { signal: AbortSignal } = {
    signal: abort.signal,
    ...(random(2) === 0 && { drainSignal: abort.signal }),
  };
  async function* requests() {
    for (let count = random(20); count > 0; count--) {
      yield Buffer.alloc(0);
      await turn();
    }
  }
  const kinds = [
    () => client.unary(Buffer.alloc(random(40_000)), options),
    async () => {
      for await (const message of client.read(Buffer.alloc(10), options)) {
        expect(message).toBeInstanceOf(Uint8Array);
        if (random(10) === 0) {
          break;
        }
        if (random(3) === 0) {
          await turn();
        }
      }
    },
    () => client.write(requests(), { ...options, messages: source }),
  ];
  const outcome = oneOf(random, kinds)().then(
    () => undefined,
    (error: unknown) => error,
  );
  let isOver = false;
  void outcome.then(() => {
    isOver = true;
  });
  for (let turns = random(200); turns > 0 && !isOver; turns--) {
    await turn();
  }
  abort.abort();
  const error = await outcome;
  source.isEnded = true;
  if (error === undefined) {
    return;
  }
  const isAbort = error instanceof Error && error.name === "AbortError";
  if (!isAbort) {
    expect(error).toBeInstanceOf(ClientError);
  }
}

test.each(seeds)("seed %i", async (seed) => {
  const random = randomOf(seed);
  for (let round = 0; round < roundsPerSeed; round++) {
    const server = await startRawHttp2Server(
      certificates.server,
      (connection) =>
        connection.onFrame(() => {
          for (let count = random(3); count > 0; count--) {
            misbehave(connection, random);
          }
        }),
      { 4: oneOf(random, [0, 100, 65_535]) },
    );
    const connection = new Connection({
      address: server.address,
      tls: certificates.client,
      serverName: "metron",
      connectTimeoutMs: 2_000,
      keepaliveIntervalMs: 50,
      keepaliveTimeoutMs: 100,
      writeWatermarkBytes: 1 + random(100_000),
      readWindowBytes: 1 + random(100_000),
    });
    const release = connection.acquire();
    await Promise.all(Array.from({ length: 1 + random(5) }, () => call(connection, random)));
    release();
    // The client closes every connection itself.
    while (server.sockets.size > 0) {
      await turn();
    }
    await server[Symbol.asyncDispose]();
  }
});
