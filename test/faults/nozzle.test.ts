import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import {
  listen,
  NozzleProgram,
  nozzleTotal,
  Recorder,
  reserveTcpPort,
  type TestServer,
} from "@loggregator/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { report } from "./report.js";
import { issueTls } from "./servers/issueTls.js";
import { NozzleServer } from "./servers/nozzleServer.js";

const program = join(createRequire(import.meta.url).resolve("loggregator"), "../bin.js");

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
    NOZZLE_TYPE: "log",
    // On a busy machine, a buffer may become full for a moment.
    NOZZLE_WHEN_FULL: "stop-reading",
  };
  destination = await Destination.start();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A collector that keeps the numbers that arrive over OTLP. */
class Destination implements AsyncDisposable {
  readonly arrived: number[] = [];
  /** Whether it accepts requests. */
  isOpen = true;
  readonly #changes = new Recorder<number>();
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async start(): Promise<Destination> {
    const server = createServer((request, response) => {
      void destination.#receive(request, response);
    });
    const destination = new Destination(await listen(server));
    return destination;
  }

  get url(): string {
    return `otlp://${this.#server.address}`;
  }

  /** Resolves once this many numbers have arrived. */
  until(count: number): Promise<void> {
    return this.#changes.until(() => this.arrived.length >= count);
  }

  /** Resolves once all numbers of this range have arrived. */
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
    await this.#server[Symbol.asyncDispose]();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (!this.isOpen) {
      response.writeHead(503).end();
      return;
    }
    for (const [, number] of body.toString("latin1").matchAll(/(\d+) \.{80}/g)) {
      this.arrived.push(Number(number));
    }
    response.end();
    this.#changes.add(this.arrived.length);
  }
}

function start(...args: readonly string[]): Promise<NozzleProgram> {
  return NozzleProgram.start(program, ["--to", destination.url, ...args], env);
}

/**
 * Reports how many of the envelopes arrived. `emitted` counts those received if reading ends early.
 */
function reportArrivals(fault: string, emitted: number, remark?: string): void {
  const { duplicated } = destination;
  const arrived = destination.arrived.length;
  const lost = emitted - (arrived - duplicated);
  report([
    { fault, client: "nozzle", emitted, arrived, lost, duplicated, recoveredMs: [], remark },
  ]);
}

const formatNumber = (value: number) => Math.round(value).toLocaleString("en");

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
  const shares: number[] = [];
  for (const nozzle of [one, other]) {
    const health = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
    shares.push(nozzleTotal(health, "sent"));
    expect((await nozzle.stop()).code).toBe(0);
  }
  reportArrivals(
    "no fault: two nozzles share a shard id",
    count,
    shares.map(formatNumber).join(" and "),
  );
  // Each envelope goes to one of them at random: of 15,000, both have about half.
  expect(Math.min(...shares)).toBeGreaterThan(6_000);
});

test("a killed nozzle loses only its envelopes in flight, and the other takes over", async () => {
  await using one = await start();
  await using other = await start();
  await server.untilStreams(2);
  const [worker] = (await one.health()).workers;
  const { lost, count } = await killWithEnvelopesInFlight([one, other], async () => {
    one.signal("SIGKILL");
    kill(worker?.pid);
    await server.untilStreams(1);
  });
  // The other one receives everything that is emitted later.
  const end = await server.emit(5_000, perSecond);
  await destination.untilAll(count, end);
  reportArrivals("one of two nozzles with a shard id is killed", end, inFlight(lost));
  expect(destination.missing(end)).toHaveLength(lost);
  expect(destination.duplicated).toBe(0);
  expect((await other.stop()).code).toBe(0);
});

test("a killed worker loses only its envelopes in flight, and is started again", async () => {
  await using nozzle = await start("--workers", "2");
  await server.untilStreams(2);
  const [worker] = (await nozzle.health()).workers;
  let killedAt = 0;
  const { lost, count } = await killWithEnvelopesInFlight([nozzle], async () => {
    killedAt = performance.now();
    kill(worker?.pid);
    const { status } = await nozzle.untilHealth(({ workers }) => workers[0]?.restarts === 1);
    expect(status).toBe("failing");
    expect((await fetch(nozzle.url("/healthz"))).status).toBe(503);
  });
  await nozzle.untilHealth(({ status }) => status === "ok");
  await server.untilStreams(2);
  const backAfter = `reading again after ${formatNumber(performance.now() - killedAt)} ms`;
  const end = await server.emit(5_000, perSecond);
  await destination.untilAll(count, end);
  const remark = `${inFlight(lost)}, ${backAfter}`;
  reportArrivals("one of two workers is killed", end, remark);
  expect(destination.missing(end)).toHaveLength(lost);
  expect(destination.duplicated).toBe(0);
  const { workers } = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
  expect(workers[0]?.dropped["worker_died"]).toBe(lost);
  // Both read again: each envelope goes to one of them at random.
  expect(workers[0]?.sent).toBeGreaterThan(1_500);
  expect((await nozzle.stop()).code).toBe(0);
});

test("a worker whose supervisor is killed delivers its envelopes, and ends", async () => {
  await using nozzle = await start();
  await server.untilStreams(1);
  const [worker] = (await nozzle.health()).workers;
  destination.isOpen = false;
  const count = await server.emit(2_000, perSecond);
  await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === count);
  nozzle.signal("SIGKILL");
  await server.untilStreams(0);
  destination.isOpen = true;
  await destination.until(count);
  reportArrivals("the supervisor is killed while the destination is down", count);
  while (isRunning(worker?.pid as number)) {
    await wait(20);
  }
});

test("a nozzle that is stopped delivers everything that it has received, and exits with 0", async () => {
  await using nozzle = await start("--workers", "2");
  await server.untilStreams(2);
  const emitting = server.emit(15_000, perSecond);
  await destination.until(5_000);
  const stoppedAt = performance.now();
  const { code, stderr } = await nozzle.stop();
  const ended = `exit code ${code} after ${formatNumber(performance.now() - stoppedAt)} ms`;
  expect(code).toBe(0);
  const [, received, sent] =
    /([\d,]+) envelopes received, ([\d,]+) envelopes sent\n$/.exec(stderr) ?? [];
  expect(sent).toBe(received);
  const count = Number(sent?.replaceAll(",", ""));
  expect(count).toBeGreaterThanOrEqual(5_000);
  await destination.until(count);
  expect(destination.arrived).toHaveLength(count);
  reportArrivals("SIGTERM while it reads", count, ended);
  await emitting;
});

test("a second signal ends a nozzle and its workers at once", async () => {
  // No server listens there.
  await using port = await reserveTcpPort();
  await using nozzle = await start("--to", `syslog://${port.address}`, "--grace", "3600");
  await server.untilStreams(1);
  await server.emit(100, perSecond);
  const { workers } = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 100);
  nozzle.signal("SIGTERM");
  await nozzle.untilHealth(({ status }) => status === "stopping");
  const secondAt = performance.now();
  nozzle.signal("SIGTERM");
  const { code } = await nozzle.ended;
  const after = `exit code ${code} after ${formatNumber(performance.now() - secondAt)} ms`;
  reportArrivals("a second SIGTERM while the destination is down", 100, after);
  expect(code).toBe(130);
  while (isRunning(workers[0]?.pid as number)) {
    await wait(20);
  }
});

const inFlight = (count: number) => `in flight: ${formatNumber(count)}`;

/**
 * Emits envelopes while the destination accepts none, kills the first worker of the first nozzle,
 * and opens the destination. Returns the number of envelopes that the worker had received and not
 * delivered, and the first number that was not emitted.
 */
async function killWithEnvelopesInFlight(
  nozzles: readonly NozzleProgram[],
  killFirst: () => Promise<void>,
): Promise<{ lost: number; count: number }> {
  destination.isOpen = false;
  const count = await server.emit(2_000, perSecond);
  const isComplete = async () => {
    const healths = await Promise.all(nozzles.map((nozzle) => nozzle.health()));
    return healths.reduce((sum, health) => sum + nozzleTotal(health, "queued"), 0) === count;
  };
  while (!(await isComplete())) {
    await wait(20);
  }
  const lost = (await nozzles[0]?.health())?.workers[0]?.queued ?? 0;
  expect(lost).toBeGreaterThan(500);
  await killFirst();
  destination.isOpen = true;
  await destination.until(count - lost);
  return { lost, count };
}
