import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { Clients, type Reader, type Sender } from "./clients/clients.js";
import { compare, isOrdered, upTo } from "./measures/numbers.js";
import { isGo, type Recoveries, until, whenRecovered } from "./measures/recovery.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { Scenario, type Tls } from "./scenario.js";
import { seedRandom } from "./seedRandom.js";

/** A fault, with its beginning, duration and end. */
export interface Fault {
  readonly begin: (scenario: Scenario) => unknown;
  /** In milliseconds. Default: 400. */
  readonly lastsMs?: number;
  readonly end: (scenario: Scenario) => unknown;
  /** The length of the lines that are sent, in bytes. Default: 8. */
  readonly lineBytes?: number;
  /** The host that clients connect to. Default: 127.0.0.1. */
  readonly host?: string;
  /** The clients' delay before the first retry, in milliseconds. Default: 20. */
  readonly retryBaseDelayMs?: number;
  /** True if stream mode and readers may lose envelopes. Default: true. */
  readonly mayLose?: boolean;
  /** True if it breaks the connections of all clients. Default: false. */
  readonly breaksAll?: boolean;
  /** The clients' timeout for a silent server, in milliseconds. */
  readonly silenceTimeoutMs?: number;
  /** True if all clients keep their connections. Default: false. */
  readonly breaksNone?: boolean;
  /** True if the gateway is read with HTTP/2 instead of 1.1. Default: false. */
  readonly gatewayHttp2?: boolean;
  /** True if it also affects the clients of the Go library. Default: true. */
  readonly reachesGo?: boolean;
}

/** Exposes all clients to a fault, checks the guarantees of each, and reports the results. */
export async function runFault(name: string, tls: Tls, fault: Fault): Promise<void> {
  const before = resources();
  {
    using random = seedRandom(name);
    const { lineBytes = 8 } = fault;
    await using scenario = await Scenario.start(tls, lineBytes, random);
    await using clients = await Clients.start(scenario, {
      tls,
      host: fault.host ?? "127.0.0.1",
      // If nothing may be lost, clients must not mistake a busy machine for a dead server.
      silenceTimeoutMs: fault.silenceTimeoutMs ?? (fault.mayLose === false ? 10_000 : 800),
      retryBaseDelayMs: fault.retryBaseDelayMs ?? 20,
      gatewayHttp2: fault.gatewayHttp2 ?? false,
      withGo: fault.reachesGo ?? true,
    });
    using emitting = new Emitting(clients.senders, lineBytes);
    await until("all clients are working", async () => {
      const arrivals = clients.senders.map(({ letter }) => scenario.server.arrived(letter));
      const numbers = clients.readers.map((reader) => reader.numbers);
      return [...(await Promise.all(arrivals)), ...numbers].every(({ length }) => length >= 100);
    });
    // A random moment between two batches.
    await wait(random.next() * 50);
    const disconnects = clients.disconnects();
    await fault.begin(scenario);
    await wait(fault.lastsMs ?? 400);
    await fault.end(scenario);
    const recoveries = await whenAllRecovered(scenario, clients, emitting.emitted);
    emitting[Symbol.dispose]();
    const rows = [
      ...(await settleSenders(name, fault, scenario, clients.senders, emitting, recoveries)),
      ...(await settleReaders(name, fault, scenario, clients.readers, recoveries)),
    ];
    report(rows);
    for (const [name, count] of clients.disconnects()) {
      const broken = count - (disconnects.get(name) ?? 0);
      if (fault.breaksAll) {
        expect(broken, `disconnects of ${name}`).toBeGreaterThan(0);
      }
      if (fault.breaksNone) {
        expect(broken, `disconnects of ${name}`).toBe(0);
      }
    }
  }
  await expectReleased(before);
}

/** Emits numbers until it is disposed. */
class Emitting implements Disposable {
  emitted = 0;
  /** The first error of a client, if any. */
  failure: unknown;
  readonly #timer: NodeJS.Timeout;

  constructor(senders: readonly Sender[], lineBytes: number) {
    this.#timer = setInterval(() => {
      const lines = Array.from({ length: 10 }, () => String(this.emitted++).padEnd(lineBytes));
      try {
        for (const sender of senders) {
          sender.emit(lines);
        }
      } catch (error) {
        this.failure ??= error;
      }
    }, 5);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

async function whenAllRecovered(
  { server }: Scenario,
  { senders, readers }: Clients,
  emitted: number,
): Promise<Recoveries> {
  const lastSent = (await server.sent()).at(-1) ?? 0;
  return whenRecovered([
    ...senders.map(({ name, letter }) => ({
      client: name,
      newest: async () => (await server.arrived(letter)).at(-1),
      last: emitted - 1,
    })),
    ...readers.map((reader) => ({
      client: reader.name,
      newest: () => reader.numbers.at(-1),
      last: lastSent,
      gaveUp: () => reader.gaveUp === true,
    })),
  ]);
}

async function settleSenders(
  fault: string,
  { mayLose }: Fault,
  { server }: Scenario,
  senders: readonly Sender[],
  emitting: Emitting,
  recoveries: Recoveries,
): Promise<Row[]> {
  expect(emitting.failure).toBeUndefined();
  const rows: Row[] = [];
  for (const sender of senders) {
    const { name: client, letter } = sender;
    await sender.close();
    const arrived = await server.arrived(letter);
    const counts = compare(upTo(emitting.emitted), arrived);
    rows.push({ fault, client, ...counts, ...outcome(client, recoveries) });
    if (isGo(client)) {
      continue;
    }
    expect(isOrdered(arrived), `${client}: order`).toBe(true);
    if (client === "stream") {
      expect(counts.duplicated, "duplicated in stream mode").toBe(0);
    } else {
      expect(counts.lost, "lost in acknowledged mode").toBe(0);
    }
    if (mayLose === false) {
      expect(counts.lost, `lost by ${client}`).toBe(0);
    }
  }
  return rows;
}

async function settleReaders(
  fault: string,
  { mayLose }: Fault,
  { server }: Scenario,
  readers: readonly Reader[],
  recoveries: Recoveries,
): Promise<Row[]> {
  const rows: Row[] = [];
  const sent = await server.sent();
  for (const { name: client, numbers, gaveUp } of readers) {
    const read = [...numbers];
    const [first = 0] = read;
    // Numbers in flight are not lost.
    const last = (recoveries.has(client) ? read : sent).at(-1) ?? 0;
    const meant = sent.filter((number) => number >= first && number <= last);
    const counts = compare(meant, read);
    rows.push({ fault, client, ...counts, ...outcome(client, recoveries, gaveUp) });
    if (isGo(client)) {
      continue;
    }
    expect(isOrdered(read), `${client}: order`).toBe(true);
    expect(counts.duplicated, `duplicated by ${client}`).toBe(0);
    if (mayLose === false) {
      expect(counts.lost, `lost by ${client}`).toBe(0);
    }
  }
  return rows;
}

function outcome(client: string, recoveries: Recoveries, gaveUp = false) {
  const recoveredMs = recoveries.get(client);
  if (recoveredMs !== undefined) {
    return { recoveredMs: [recoveredMs] };
  }
  return { recoveredMs: [], remark: gaveUp ? "gave up" : "no recovery in 2.5 s" };
}
