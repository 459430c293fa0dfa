import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createDrainReceiver, type DrainReceiver } from "@loggregator/drain";
import { NozzleProgram, nozzleTotal, Recorder } from "@loggregator/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { issueTls } from "./certificates.js";
import { NozzleServer } from "./nozzleServer.js";

const program = join(createRequire(import.meta.url).resolve("loggregator"), "../bin.js");

/** The most envelopes that a worker buffers, those in flight to the destination included. */
const bufferSize = 2_000;
/** The most bytes that a connection has received and the worker has not read: its HTTP/2 window. */
const windowBytes = 2 ** 20;
/** The least size of an envelope of the server on the connection. */
const envelopeBytes = 250;
/** Envelopes that the server has assigned to a stream, before they are in the window. */
const batchSize = 100;
/** The most envelopes that a worker can lose when it is killed. */
const mostInFlight = bufferSize + windowBytes / envelopeBytes + batchSize;

const perSecond = 5_000;

let folder: string;
let env: Record<string, string>;
let server: NozzleServer;
let destination: Destination;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggregator-nozzle-"));
  const tls = await issueTls();
  const paths = { ca: join(folder, "ca"), cert: join(folder, "cert"), key: join(folder, "key") };
  for (const name of ["ca", "cert", "key"] as const) {
    await writeFile(paths[name], tls.client[name], { mode: 0o600 });
  }
  server = await NozzleServer.start(tls.server);
  env = {
    LOGGREGATOR_EGRESS_ADDRESS: server.egress,
    LOGGREGATOR_CA_PATH: paths.ca,
    LOGGREGATOR_CERT_PATH: paths.cert,
    LOGGREGATOR_KEY_PATH: paths.key,
    NOZZLE_BUFFER: String(bufferSize),
    NOZZLE_TYPE: "log",
  };
  destination = await Destination.start();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Counts how many times each number arrives. */
class Destination implements AsyncDisposable {
  readonly arrived: number[] = [];
  readonly url: string;
  readonly #changes = new Recorder<number>();
  readonly #receiver: DrainReceiver;

  private constructor(receiver: DrainReceiver, url: string) {
    this.#receiver = receiver;
    this.url = url;
    void this.#read();
  }

  static async start(): Promise<Destination> {
    const receiver = createDrainReceiver({ logger: null });
    const { address } = await receiver.listenTcp({ host: "127.0.0.1", port: 0 });
    return new Destination(receiver, `syslog://${address}`);
  }

  /** Resolves once this many numbers have arrived. */
  until(count: number): Promise<void> {
    return this.#changes.until(() => this.arrived.length >= count);
  }

  /**
   * Resolves once all numbers of this range have arrived. Streams keep their order, so the earlier
   * ones of all streams have arrived as well.
   */
  untilAll(from: number, end: number): Promise<void> {
    return this.#changes.until(
      () => this.arrived.filter((number) => number >= from).length === end - from,
    );
  }

  /** The numbers from 0 that have not arrived. */
  missing(end: number): number[] {
    const arrived = new Set(this.arrived);
    return Array.from({ length: end }, (_, number) => number).filter((n) => !arrived.has(n));
  }

  get duplicated(): number {
    return this.arrived.length - new Set(this.arrived).size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.close();
  }

  async #read(): Promise<void> {
    for await (const batch of this.#receiver.batches()) {
      for (const { message } of batch) {
        const text = Buffer.from(message.message).toString("latin1", 0, 10);
        this.arrived.push(Number.parseInt(text, 10));
      }
      this.#changes.add(this.arrived.length);
    }
  }
}

function start(...args: readonly string[]): Promise<NozzleProgram> {
  return NozzleProgram.start(program, ["--to", destination.url, ...args], env);
}

function kill(pid: number | undefined): void {
  process.kill(pid as number, "SIGKILL");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("two nozzles with one shard id share the load, and together read everything", async () => {
  await using one = await start();
  await using other = await start();
  await server.untilStreams(2);
  const count = await server.emit(15_000, perSecond);
  await destination.until(count);
  expect(destination.missing(count)).toEqual([]);
  expect(destination.duplicated).toBe(0);
  for (const nozzle of [one, other]) {
    const health = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
    // Each envelope goes to one of them at random: of 15,000, both have about half.
    expect(nozzleTotal(health, "sent")).toBeGreaterThan(6_000);
    expect((await nozzle.stop()).code).toBe(0);
  }
});

test("a nozzle that is killed loses only what it had in flight, and the other takes over", async () => {
  await using one = await start();
  await using other = await start();
  await server.untilStreams(2);
  const [worker] = (await one.health()).workers;
  const emitting = server.emit(15_000, perSecond);
  await destination.until(5_000);
  one.signal("SIGKILL");
  kill(worker?.pid);
  await server.untilStreams(1);
  const count = await emitting;
  const end = await server.emit(5_000, perSecond);
  // The other one has everything that came later.
  await destination.untilAll(count, end);
  expect(destination.missing(end).length).toBeLessThanOrEqual(mostInFlight);
  expect(destination.duplicated).toBe(0);
  expect((await other.stop()).code).toBe(0);
});

test("a worker that is killed loses only what it had in flight, and is started again", async () => {
  await using nozzle = await start("--workers", "2");
  await server.untilStreams(2);
  const [worker] = (await nozzle.health()).workers;
  const emitting = server.emit(15_000, perSecond);
  await destination.until(5_000);
  kill(worker?.pid);
  await nozzle.untilHealth(
    ({ status, workers }) => status === "failing" && workers[0]?.restarts === 1,
  );
  expect((await fetch(nozzle.url("/healthz"))).status).toBe(503);
  const count = await emitting;
  await nozzle.untilHealth(({ status }) => status === "ok");
  await server.untilStreams(2);
  const before = await nozzle.health();
  const end = await server.emit(5_000, perSecond);
  await destination.untilAll(count, end);
  expect(destination.missing(end).length).toBeLessThanOrEqual(mostInFlight);
  const after = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
  after.workers.forEach(({ sent }, index) => {
    expect(sent - (before.workers[index]?.sent ?? 0)).toBeGreaterThan(1_500);
  });
  // What it had queued at its last report counts as dropped.
  const { dropped } = after.workers[0] as (typeof after.workers)[0];
  expect(dropped["worker_died"]).toBeLessThanOrEqual(bufferSize);
  expect((await nozzle.stop()).code).toBe(0);
});

test("a worker whose supervisor is killed delivers what it has, and ends", async () => {
  await using nozzle = await start();
  await server.untilStreams(1);
  const [worker] = (await nozzle.health()).workers;
  const count = await server.emit(2_000, perSecond);
  nozzle.signal("SIGKILL");
  await server.untilStreams(0);
  await destination.until(count);
  while (isRunning(worker?.pid as number)) {
    await wait(20);
  }
});

test("a nozzle that is stopped delivers everything that it has received, and exits with 0", async () => {
  await using nozzle = await start("--workers", "2");
  await server.untilStreams(2);
  const emitting = server.emit(15_000, perSecond);
  await destination.until(5_000);
  const { code, stderr } = await nozzle.stop();
  expect(code).toBe(0);
  const [, received, sent] =
    /([\d,]+) envelopes received, ([\d,]+) envelopes sent\n$/.exec(stderr) ?? [];
  expect(sent).toBe(received);
  const count = Number(sent?.replaceAll(",", ""));
  expect(count).toBeGreaterThanOrEqual(5_000);
  await destination.until(count);
  await emitting;
});
