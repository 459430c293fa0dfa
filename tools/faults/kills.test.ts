import { setImmediate as turn } from "node:timers/promises";
import { IngressClient } from "@loggregator/ingress";
import { expect, test } from "vitest";
import { issueTls } from "./certificates.js";
import { GoClient, hasGo } from "./goClient.js";
import { seededRandom } from "./random.js";
import { compare, isOrdered, type Row, report } from "./report.js";
import { expectReleased, resources } from "./resources.js";
import { ServerProcess } from "./serverProcess.js";

const kills = 50;
const perKill = 20_000;
const fault = "1,000,000 envelopes while the server is killed 50 times";

test(fault, { timeout: 240_000 }, async () => {
  const before = resources();
  report(await sendThroughKills());
  await expectReleased(before);
});

async function sendThroughKills(): Promise<Row[]> {
  const random = seededRandom(Number(process.env["FAULT_SEED"] ?? 8));
  const tls = await issueTls();
  await using server = await ServerProcess.start(tls.server);
  const options = {
    address: server.addresses.ingress,
    tls: tls.client,
    retryBaseDelayMs: 10,
    retryMaxDelayMs: 100,
    closeTimeoutMs: 30_000,
  };
  const stream = new IngressClient(options);
  const acknowledged = new IngressClient({ ...options, delivery: "acknowledged" });
  const clients = { stream, acknowledged };
  await using go = hasGo
    ? await GoClient.start("go-loggregator", options.address, tls.client)
    : undefined;

  for (let kill = 1; kill <= kills; kill++) {
    await server.prepare();
    const emitted = Object.entries(clients).map(([source, client]) =>
      emitUpTo(source, client, kill * perKill),
    );
    const goEmitted = go?.emitUpTo(kill * perKill);
    // Both are in the middle of their work then: the other one is the slower.
    const killAt = Math.floor((kill - 0.2 - 0.7 * random()) * perKill);
    while (stream.stats.sent < killAt) await turn();
    await server.kill();
    await server.start();
    await Promise.all([...emitted, goEmitted]);
  }

  const rows: Row[] = [];
  const emitted = Array.from({ length: kills * perKill }, (_, number) => number);
  for (const [source, client] of Object.entries(clients)) {
    await client.closeSend();
    expect(client.stats).toMatchObject({ sent: emitted.length, dropped: 0, queued: 0 });
    const arrived = await server.arrived(source[0] as string);
    const counts = compare(emitted, arrived);
    expect(isOrdered(arrived), `${source}: order`).toBe(true);
    if (source === "stream") {
      expect(counts.duplicated).toBe(0);
      // Each kill takes one piece with it: what was in flight.
      const gaps = arrived.filter((number, i) => number !== (arrived[i - 1] ?? -1) + 1);
      expect(gaps.length).toBeLessThanOrEqual(kills);
    } else {
      expect(counts.lost).toBe(0);
    }
    rows.push({ fault, client: source, ...counts, recoveredMs: undefined });
  }
  if (go !== undefined) {
    await go.closeSend();
    const counts = compare(emitted, await server.arrived("g"));
    rows.push({ fault, client: "go-loggregator", ...counts, recoveredMs: undefined });
  }
  return rows;
}

async function emitUpTo(source: string, client: IngressClient, count: number): Promise<void> {
  const { sent, queued } = client.stats;
  for (let number = sent + queued; number < count; number++) {
    // More would only wait in the queue, which then drops.
    while (client.stats.queued >= perKill) await turn();
    client.emitLog(String(number).padEnd(8), { sourceId: source });
  }
}
