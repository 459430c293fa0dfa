import { setTimeout as wait } from "node:timers/promises";
import { isLog, selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { expect } from "vitest";
import type { issueTls } from "./certificates.js";
import { NetworkProxy, type Weather } from "./proxy.js";
import { compare, isOrdered, type Row, report } from "./report.js";
import { expectReleased, resources } from "./resources.js";
import { type Addresses, ServerProcess } from "./serverProcess.js";

/** The longest pause between attempts in all tests; a client is to be back after twice as long. */
export const backoffCapMs = 1_000;

type Tls = Awaited<ReturnType<typeof issueTls>>;

/** A fault: how it begins, how long it lasts, how it ends. */
export interface Fault {
  readonly begin: (scenario: Scenario) => unknown;
  /** In milliseconds. Default: 400. */
  readonly lastsMs?: number;
  readonly end: (scenario: Scenario) => unknown;
  /** The length of the lines that are emitted, in bytes. Default: 8. */
  readonly lineBytes?: number;
  /** Where the ingress clients connect to. Default: the proxy before the server. */
  readonly ingressHost?: string;
  /** Whether stream mode and readers may lose something. Default: true. */
  readonly mayLose?: boolean;
}

/** A server process, a network before it, and a client of each kind, which all go through a fault. */
export class Scenario implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly tls: Tls;
  readonly #proxies: Readonly<Record<keyof Addresses, NetworkProxy>>;
  readonly #resources: AsyncDisposable[] = [];

  static async start(tls: Tls): Promise<Scenario> {
    const server = await ServerProcess.start(tls.server, { feedEachMs: 5 });
    const to = (endpoint: keyof Addresses) => NetworkProxy.to(() => server.addresses[endpoint]);
    const proxies = {
      ingress: await to("ingress"),
      egress: await to("egress"),
      gateway: await to("gateway"),
    };
    return new Scenario(server, tls, proxies);
  }

  private constructor(
    server: ServerProcess,
    tls: Tls,
    proxies: Readonly<Record<keyof Addresses, NetworkProxy>>,
  ) {
    this.server = server;
    this.tls = tls;
    this.#proxies = proxies;
    this.#resources.push(server, ...Object.values(proxies));
  }

  /** Changes the weather everywhere. */
  weather(weather: Weather): void {
    for (const proxy of Object.values(this.#proxies)) proxy.weather = weather;
  }

  /** Resets all connections. */
  reset(): void {
    for (const proxy of Object.values(this.#proxies)) proxy.reset();
  }

  /** Leaves the ports that clients connect to, and breaks all connections. */
  async leave(): Promise<number[]> {
    const proxies = Object.values(this.#proxies);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    return proxies.map(({ port }) => port);
  }

  /** Listens at the ports again. */
  async comeBack(): Promise<void> {
    await Promise.all(Object.values(this.#proxies).map((proxy) => proxy.listen()));
  }

  /** How many connections the weather has cut. */
  get cuts(): number {
    return Object.values(this.#proxies).reduce((cuts, proxy) => cuts + proxy.cuts, 0);
  }

  address(endpoint: keyof Addresses): string {
    return this.#proxies[endpoint].address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources) await resource[Symbol.asyncDispose]();
  }
}

/** Has all clients go through a fault, expects what is promised of each, and reports what came of it. */
export async function goThrough(name: string, tls: Tls, fault: Fault): Promise<void> {
  const before = resources();
  {
    await using scenario = await Scenario.start(tls);
    // Where nothing may be lost, a machine that is busy must not be taken for a server that is gone.
    const timeoutMs = fault.mayLose === false ? 5_000 : 300;
    const retry = { retryBaseDelayMs: 20, retryMaxDelayMs: backoffCapMs };
    const [, ingressPort] = scenario.address("ingress").split(":");
    const ingressOptions = {
      address: `${fault.ingressHost ?? "127.0.0.1"}:${ingressPort}`,
      tls: async () => tls.client,
      flushIntervalMs: 10,
      connectTimeoutMs: timeoutMs,
      stallTimeoutMs: timeoutMs,
      ...retry,
    };
    const ingress = [
      { source: "stream", client: new IngressClient(ingressOptions) },
      {
        source: "acknowledged",
        client: new IngressClient({ ...ingressOptions, delivery: "acknowledged" }),
      },
    ];
    const connector = new EnvelopeStreamConnector({
      address: scenario.address("egress"),
      tls: tls.client,
      retry,
      connectTimeoutMs: timeoutMs,
    });
    const gateway = new RlpGatewayClient({
      url: `http://${scenario.address("gateway")}`,
      token: "any",
      ...retry,
      maxRetries: Number.POSITIVE_INFINITY,
      heartbeatTimeoutMs: timeoutMs,
    });
    const leave = new AbortController();
    const request = { selectors: [selectLog({ sourceId: "feed" })] };
    const readers = [
      new Reader("egress", connector.stream(request, leave)),
      new Reader("gateway", gateway.stream(request, leave)),
    ];

    let emitted = 0;
    const emit = () => {
      for (let i = 0; i < 10; i++) {
        const line = String(emitted++).padEnd(fault.lineBytes ?? 8);
        for (const { client, source } of ingress) client.emitLog(line, { sourceId: source });
      }
      for (const { client } of ingress) {
        const { sent, dropped, queued } = client.stats;
        expect(sent + dropped + queued).toBe(emitted);
      }
    };
    let emitFailed: unknown;
    const emitting = setInterval(() => {
      try {
        emit();
      } catch (error) {
        emitFailed ??= error;
      }
    }, 5);

    try {
      await until("all clients are at work", () => {
        const sending = ingress.every(({ client }) => client.stats.sent >= 100);
        return sending && readers.every(({ numbers }) => numbers.length >= 100);
      });
      await fault.begin(scenario);
      await wait(fault.lastsMs ?? 400);
      await fault.end(scenario);
      const endedAt = performance.now();
      const firstAfter = emitted;
      const lastBefore = Math.max(...(await scenario.server.sent()));
      const recoveredMs: Record<string, number> = {};
      await until("all clients are at work again", async () => {
        for (const { source } of ingress) {
          const arrived = await scenario.server.arrived(source[0] as string);
          if ((arrived.at(-1) ?? -1) >= firstAfter) {
            recoveredMs[source] ??= performance.now() - endedAt;
          }
        }
        for (const { name, numbers } of readers) {
          if ((numbers.at(-1) ?? -1) > lastBefore) {
            recoveredMs[name] ??= performance.now() - endedAt;
          }
        }
        return Object.keys(recoveredMs).length === 4;
      });
      clearInterval(emitting);

      const rows: Row[] = [];
      const numbers = Array.from({ length: emitted }, (_, number) => number);
      for (const { source, client } of ingress) {
        await client.closeSend();
        expect(client.stats).toMatchObject({ sent: emitted, dropped: 0, queued: 0 });
        const arrived = await scenario.server.arrived(source[0] as string);
        const counts = compare(numbers, arrived);
        rows.push({ fault: name, client: source, ...counts, recoveredMs: recoveredMs[source] });
        expect(isOrdered(arrived), `${source}: order`).toBe(true);
        if (source === "stream") expect(counts.duplicated, "duplicated in stream mode").toBe(0);
        else expect(counts.lost, "lost in acknowledged mode").toBe(0);
        if (fault.mayLose === false) expect(counts.lost, `lost by ${source}`).toBe(0);
      }
      leave.abort();
      const sent = await scenario.server.sent();
      for (const reader of readers) {
        await reader.ended;
        const [first = 0] = reader.numbers;
        const last = reader.numbers.at(-1) ?? 0;
        const counts = compare(
          sent.filter((number) => number >= first && number <= last),
          reader.numbers,
        );
        rows.push({
          fault: name,
          client: reader.name,
          ...counts,
          recoveredMs: recoveredMs[reader.name],
        });
        expect(isOrdered(reader.numbers), `${reader.name}: order`).toBe(true);
        expect(counts.duplicated, `duplicated by ${reader.name}`).toBe(0);
        if (fault.mayLose === false) expect(counts.lost, `lost by ${reader.name}`).toBe(0);
      }
      report(rows);
      for (const { client, recoveredMs } of rows) {
        expect(recoveredMs, `${client}: time to recover`).toBeLessThanOrEqual(2 * backoffCapMs);
      }
      expect(emitFailed).toBeUndefined();
    } finally {
      clearInterval(emitting);
      leave.abort();
      await Promise.allSettled(ingress.map(({ client }) => client.closeSend()));
      await Promise.allSettled(readers.map(({ ended }) => ended));
    }
  }
  await expectReleased(before);
}

/** Reads numbers until its stream ends. */
class Reader {
  readonly name: string;
  readonly numbers: number[] = [];
  readonly ended: Promise<void>;

  constructor(name: string, stream: Parameters<Reader["read"]>[0]) {
    this.name = name;
    this.ended = this.read(stream);
    this.ended.catch(() => {});
  }

  async read(stream: ReturnType<EnvelopeStreamConnector["stream"] | RlpGatewayClient["stream"]>) {
    for await (const batch of stream) {
      for (const envelope of batch) {
        if (!isLog(envelope)) continue;
        this.numbers.push(Number(Buffer.from(envelope.message.value.payload).toString()));
      }
    }
  }
}

/** Asks again and again, for ten seconds at most. */
export async function until(what: string, condition: () => unknown): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`expected that ${what} within 10 s`);
    await wait(10);
  }
}
