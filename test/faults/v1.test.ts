import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { hasGo } from "./clients/goProgram.js";
import {
  ChildProcessEmitter,
  GoEmitter,
  InProcessEmitter,
  type V1Emitter,
} from "./clients/v1Emitters.js";
import { compare, isOrdered, upTo } from "./measures/numbers.js";
import { until, whenRecovered } from "./measures/recovery.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";
import { issueTls } from "./servers/issueTls.js";
import { ServerProcess } from "./servers/serverProcess.js";
import { switchDns } from "./switchDns.js";

/** The maximum delay between attempts of a v1 client, in milliseconds. */
const backoffCapMs = 5_000;

interface Fault {
  /** The host that clients send to. Default: 127.0.0.1. */
  readonly host?: string;
  /** Our client. Default: one in this process. */
  readonly start?: (address: string) => V1Emitter;
  readonly begin: (server: ServerProcess, client: V1Emitter) => unknown;
  readonly end: (server: ServerProcess, client: V1Emitter) => unknown;
  /** A pattern for the errors that our client must report. */
  readonly error: RegExp;
  /** True if it also affects a client of the Go library. Default: true. */
  readonly reachesGo?: boolean;
}

async function runFault(name: string, fault: Fault): Promise<void> {
  const before = resources();
  {
    using random = seedRandom(name);
    await using server = await ServerProcess.start((await issueTls()).server);
    const [, port] = server.addresses.v1.split(":");
    const address = `${fault.host ?? "127.0.0.1"}:${port}`;
    await using client = fault.start?.(address) ?? new InProcessEmitter(address);
    const withGo = hasGo && (fault.reachesGo ?? true);
    await using go = withGo ? await GoEmitter.start(address) : undefined;
    const clients = [
      { client: "v1", emitting: client },
      ...(go ? [{ client: "go v1", emitting: go }] : []),
    ];
    const arrived = (client: string) => server.arrived(client[0] as string);

    await until("all clients are working", async () => {
      const numbers = await Promise.all(clients.map(({ client }) => arrived(client)));
      return numbers.every(({ length }) => length >= 100);
    });
    await wait(random.next() * 50);
    await fault.begin(server, client);
    await wait(400);
    await fault.end(server, client);
    const recoveries = await whenRecovered(
      await Promise.all(
        clients.map(async ({ client, emitting }) => ({
          client,
          newest: async () => (await arrived(client)).at(-1),
          last: (await emitting.account()).emitted - 1,
        })),
      ),
      backoffCapMs,
    );
    for (const { emitting } of clients) {
      await emitting.close();
    }
    const { emitted, sent, dropped, queued, errors } = await client.account();
    await until(
      "the last envelope has arrived",
      async () => (await arrived("v1")).at(-1) === emitted - 1,
    );

    const rows: Row[] = [];
    for (const { client, emitting } of clients) {
      const { emitted } = await emitting.account();
      const recoveredMs = recoveries.get(client);
      rows.push({
        fault: name,
        client,
        ...compare(upTo(emitted), await arrived(client)),
        recoveredMs: recoveredMs === undefined ? [] : [recoveredMs],
        remark: recoveredMs === undefined ? "not back" : undefined,
      });
    }
    report(rows);
    expect({ left: sent + dropped, queued }).toEqual({ left: emitted, queued: 0 });
    expect(isOrdered(await arrived("v1"))).toBe(true);
    expect(rows[0]?.duplicated).toBe(0);
    expect(rows[0]?.lost, "lost, including the dropped ones").toBeGreaterThanOrEqual(dropped);
    expect(errors.join("\n")).toMatch(fault.error);
  }
  await expectReleased(before);
}

test("v1: the agent is killed and restarted", () =>
  runFault("v1: the agent is killed and restarted", {
    begin: async (server) => {
      await server.prepare();
      await server.kill();
    },
    end: (server) => server.start(),
    error: /DatagramSendError: .* connection refused/,
  }));

test("v1: DNS fails while the agent is down, and recovers", async () => {
  const dns = switchDns();
  await runFault("v1: DNS fails while the agent is down, and recovers", {
    host: "localhost",
    begin: async (server) => {
      await server.prepare();
      dns.works = false;
      await server.kill();
    },
    end: async (server) => {
      await server.start();
      dns.works = true;
    },
    error: /AddressLookupError: .* ENOTFOUND/,
    reachesGo: false,
  });
});

test("v1: no file descriptor is left while the agent is down", () =>
  runFault("v1: no file descriptor is left while the agent is down", {
    start: (address) => new ChildProcessEmitter(address),
    begin: async (server, client) => {
      await server.prepare();
      await (client as ChildProcessEmitter).takeDescriptors();
      await server.kill();
    },
    end: async (server, client) => {
      await server.start();
      await (client as ChildProcessEmitter).releaseDescriptors();
    },
    error: /DatagramSendError: .* EMFILE/,
    reachesGo: false,
  }));
