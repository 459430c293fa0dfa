import { setImmediate as turn } from "node:timers/promises";
import { encodeEnvelopeBatch, logEnvelope } from "@loggregator/api";
import { IngressClient } from "@loggregator/ingress";
import { expect, test } from "vitest";
import { GoIngress } from "./clients/goClients.js";
import { hasGo } from "./clients/goProgram.js";
import { compare, isOrdered, upTo } from "./measures/numbers.js";
import { whenRecovered } from "./measures/recovery.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";
import { issueTls } from "./servers/issueTls.js";
import { ServerProcess } from "./servers/serverProcess.js";

const perKill = 20_000;
/** The number of envelopes emitted after a kill, so that every client has something to send. */
const afterKill = 2_000;
const fault = "1,000,000 envelopes while the server is killed 50 times";
const go = "go ingress";
/** The size of an envelope in a batch, in bytes. */
const lineBytes = encodeEnvelopeBatch({
  batch: [logEnvelope("".padEnd(8), { sourceId: "stream" })],
}).length;
/** The HTTP/2 window of a stream, plus the data that Node.js and the client have buffered for it. */
const inFlightBytes = (64 + 32) * 1024;
/** Connections that break soon after they were opened are reopened after increasing delays. */
const retryMaxDelayMs = 500;

test(fault, { timeout: 240_000 }, async () => {
  // Modules that the first run loads and compiles stay in memory.
  await sendThroughKills(1);
  const before = resources();
  report(await sendThroughKills(50));
  await expectReleased(before);
});

async function sendThroughKills(kills: number): Promise<Row[]> {
  using random = seedRandom(fault);
  const tls = await issueTls();
  await using server = await ServerProcess.start(tls.server);
  const options = {
    address: server.addresses.ingress,
    tls: tls.client,
    retry: { baseDelayMs: 10, maxDelayMs: retryMaxDelayMs },
    logger: null,
    closeTimeoutMs: 30_000,
  };
  const stream = new IngressClient(options);
  const acknowledged = new IngressClient({ ...options, delivery: "acknowledged" });
  const clients = Object.entries({ stream, acknowledged });
  await using goClient = hasGo ? await GoIngress.start(go, options.address, tls.client) : undefined;
  const recoveries = new Map<string, number[]>(clients.map(([source]) => [source, []]));

  for (let kill = 1; kill <= kills; kill++) {
    await server.prepare();
    const emitAll = (count: number) =>
      Promise.all(clients.map(([source, client]) => emitUpTo(source, client, count)));
    const emitted = emitAll(kill * perKill - afterKill);
    const goEmitted = goClient && emitWithGo(goClient, (kill - 1) * perKill, kill * perKill);
    // Both clients are still busy at this time: the acknowledged one is slower.
    const killAt = Math.floor((kill - 0.2 - 0.7 * random.next()) * perKill);
    while (stream.stats.sent < killAt) {
      await turn();
    }
    await server.kill();
    const newest = async (source: string) => (await server.arrived(source[0] as string)).at(-1);
    const back = clients.map(async ([source]) => ({
      client: source,
      newest: () => newest(source),
      last: (await newest(source)) ?? -1,
    }));
    const returning = await Promise.all(back);
    const emittedAll = emitted.then(() => emitAll(kill * perKill));
    await server.start();
    for (const [source, recoveredMs] of await whenRecovered(returning, retryMaxDelayMs)) {
      recoveries.get(source)?.push(recoveredMs);
    }
    await Promise.all([emittedAll, goEmitted]);
  }

  const rows: Row[] = [];
  const emitted = upTo(kills * perKill);
  for (const [source, client] of clients) {
    await client.closeSend();
    expect(client.stats).toMatchObject({ sent: emitted.length, dropped: 0, queued: 0 });
    const arrived = await server.arrived(source[0] as string);
    const counts = compare(emitted, arrived);
    expect(isOrdered(arrived), `${source}: order`).toBe(true);
    let remark: string | undefined;
    if (source === "stream") {
      expect(counts.duplicated).toBe(0);
      // Each kill loses one contiguous range: the envelopes in flight.
      const pieces = arrived
        .map((number, i) => number - (arrived[i - 1] ?? -1) - 1)
        .filter((lost) => lost > 0);
      expect(pieces.length).toBeLessThanOrEqual(kills);
      const most = Math.max(0, ...pieces);
      expect(most * lineBytes).toBeLessThanOrEqual(inFlightBytes);
      remark = `at most ${most.toLocaleString("en")} at a kill`;
    } else {
      expect(counts.lost).toBe(0);
    }
    const recoveredMs = recoveries.get(source) ?? [];
    rows.push({ fault, client: source, ...counts, recoveredMs, remark });
  }
  if (goClient !== undefined) {
    await goClient.closeSend();
    const counts = compare(emitted, await server.arrived("g"));
    rows.push({ fault, client: go, ...counts, recoveredMs: [] });
  }
  return rows;
}

async function emitUpTo(source: string, client: IngressClient, count: number): Promise<void> {
  const { sent, queued } = client.stats;
  for (let number = sent + queued; number < count; number++) {
    // More would overflow the queue.
    while (client.stats.queued >= perKill) {
      await turn();
    }
    client.emitLog(String(number).padEnd(8), { sourceId: source });
  }
}

/** Emits as fast as the Go client accepts. */
async function emitWithGo(client: GoIngress, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 100) {
    client.emit(upTo(100).map((i) => String(first + i).padEnd(8)));
    await client.ready();
  }
}
