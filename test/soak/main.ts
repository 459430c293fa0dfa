// Runs a mixed load with random faults: `npm run soak -- --minutes 5 [--seed 8]`. Prints a line per
// minute and a verdict. Exits with 1 if a delivery guarantee was broken, a client did not recover
// from a fault, or memory or handles have leaked.
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isLog, selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { type NetworkCondition, seededRandom, TcpProxy } from "@loggregator/testing";
import { compare, isOrdered } from "../faults/measures/numbers.js";
import { issueTls } from "../faults/servers/issueTls.js";
import { ServerProcess } from "../faults/servers/serverProcess.js";
import { reportToCi } from "./reportToCi.js";
import { type Resources, resources } from "./resources.js";

/** The permitted growth of memory in use since the first faults, in MiB. */
const mostGrowthMiB = 16;
/** The time within which clients must recover from a fault, in milliseconds. */
const recoveryMs = 20_000;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, seed: { type: "string", default: "8" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: soak --minutes N [--seed N]");
  process.exit(2);
}
const random = seededRandom(seed);
const between = (least: number, most: number) => least + random() * (most - least);

const before = resources();
const tls = await issueTls();
const server = await ServerProcess.start(tls.server, { eachMs: 20 });
const proxies = {
  ingress: await TcpProxy.to(() => server.addresses.ingress),
  egress: await TcpProxy.to(() => server.addresses.egress),
  gateway: await TcpProxy.to(() => server.addresses.gateway),
};
const network = Object.values(proxies);

const retry = { baseDelayMs: 20, maxDelayMs: 400 };
const ingressOptions = {
  address: proxies.ingress.address,
  tls: async () => tls.client,
  flushIntervalMs: 20,
  connectTimeoutMs: 500,
  stallTimeoutMs: 500,
  closeTimeoutMs: 20_000,
  retry,
  logger: null,
};
const clients = {
  // If a connection is replaced while the network holds its data, the data may arrive later. With a
  // long timeout this cannot happen, and everything must arrive in order.
  stream: new IngressClient({ ...ingressOptions, stallTimeoutMs: 15_000 }),
  acknowledged: new IngressClient({ ...ingressOptions, delivery: "acknowledged" }),
};
const connector = new EnvelopeStreamConnector({
  address: proxies.egress.address,
  tls: tls.client,
  connectTimeoutMs: 500,
  retry,
});
const gateway = new RlpGatewayClient({
  url: `http://${proxies.gateway.address}`,
  token: "any",
  heartbeatTimeoutMs: 500,
  retry,
  logger: null,
});
const leave = new AbortController();
const request = { selectors: [selectLog({ sourceId: "feed" })] };
const broken: string[] = [];
const readers = {
  egress: { received: 0, last: -1 },
  gateway: { received: 0, last: -1 },
};
const reading = [
  read("egress", connector.stream(request, leave)),
  read("gateway", gateway.stream(request, leave)),
];

let logs = 0;
let others = 0;
const emitting = setInterval(() => {
  for (const [source, client] of Object.entries(clients)) {
    for (let i = 0; i < 10; i++) {
      client.emitLog(String(logs + i).padEnd(8 + (i % 3) * 300), { sourceId: source });
    }
    client.emitCounter("soaked", { sourceId: source });
    client.emitGauge({ soaked: { value: logs, unit: "logs" } }, { sourceId: source });
    const { sent, dropped, queued } = client.stats;
    if (sent + dropped + queued !== logs + 10 + others + 2) {
      broken.push(`${source}: sent + dropped + queued differs from the number emitted`);
    }
  }
  logs += 10;
  others += 2;
}, 20);

console.log(`soak: ${minutes} minutes, seed ${seed}`);
const endAt = performance.now() + minutes * 60_000;
let faults = 0;
let minute = 0;
let atFirst: Resources | undefined;
const minuteTimer = setInterval(() => printProgress(`minute ${++minute}`), 60_000);
while (performance.now() < endAt) {
  await inflict();
  await wait(between(500, 2_500));
  if (faults === 3) {
    atFirst = resources();
  }
}
clearInterval(minuteTimer);
await recover();
clearInterval(emitting);
printProgress("end");

for (const [source, client] of Object.entries(clients)) {
  await client.closeSend().catch((error: Error) => broken.push(`${source}: ${error.message}`));
  const arrived = await server.arrived(source[0] as string);
  const emitted = Array.from({ length: logs }, (_, number) => number);
  const { lost, duplicated } = compare(emitted, arrived);
  console.log(`${source}: ${logs} emitted, ${lost} lost, ${duplicated} duplicated`);
  if (!isOrdered(arrived)) {
    broken.push(`${source}: out of order`);
  }
  if (source === "stream" && duplicated > 0) {
    broken.push("stream: duplicates");
  }
  if (source === "acknowledged" && lost > 0) {
    broken.push("acknowledged: missing envelopes");
  }
  if (client.stats.dropped > 0) {
    broken.push(`${source}: the queue overflowed`);
  }
}
leave.abort();
await Promise.all(reading);
for (const resource of [server, ...network]) {
  await resource[Symbol.asyncDispose]();
}
await release();
for (const [name, { received }] of Object.entries(readers)) {
  console.log(`${name}: ${received} received`);
}
const verdict = broken.length === 0 ? "passed" : "FAILED";
console.log(`soak ${verdict}: ${faults} faults in ${minutes} minutes, seed ${seed}`);
for (const promise of new Set(broken)) {
  console.log(`  ${promise}`);
}
reportToCi(`soak of ${minutes} minutes, seed ${seed}`, [...new Set(broken)]);
process.exitCode = broken.length === 0 ? 0 : 1;

async function read(
  name: keyof typeof readers,
  stream: ReturnType<EnvelopeStreamConnector["stream"] | RlpGatewayClient["stream"]>,
): Promise<void> {
  const reader = readers[name];
  try {
    for await (const batch of stream) {
      for (const envelope of batch) {
        if (!isLog(envelope)) {
          continue;
        }
        const number = Number(Buffer.from(envelope.message.value.payload).toString());
        if (number <= reader.last) {
          broken.push(`${name}: out of order, or twice`);
        }
        reader.last = number;
        reader.received++;
      }
    }
  } catch (error) {
    broken.push(`${name} ended: ${String(error)}`);
  }
}

/** Returns the progress of each client. */
function done(): Record<string, number> {
  return {
    stream: clients.stream.stats.sent,
    acknowledged: clients.acknowledged.stats.sent,
    egress: readers.egress.received,
    gateway: readers.gateway.received,
  };
}

/** Expects that every client makes progress after the last fault. */
async function recover(): Promise<void> {
  const then = done();
  const until = performance.now() + recoveryMs;
  const stuck = () => Object.entries(done()).filter(([name, count]) => count === then[name]);
  while (stuck().length > 0 && performance.now() < until) {
    await wait(20);
  }
  for (const [name] of stuck()) {
    broken.push(`${name}: no progress within ${recoveryMs} ms without faults`);
  }
}

/** Waits until closed resources are released. */
async function release(): Promise<void> {
  const until = performance.now() + recoveryMs;
  while (resources().handles > before.handles && performance.now() < until) {
    await wait(100);
  }
  const { handles } = resources();
  if (handles > before.handles) {
    broken.push(
      `${handles} handles, ${before.handles} before: ${process.getActiveResourcesInfo()}`,
    );
  }
}

/** Applies a random fault for a random time. */
async function inflict(): Promise<void> {
  faults++;
  const lastsMs = between(50, 1_500);
  const conditions: NetworkCondition[] = [
    { type: "black hole" },
    { type: "refuse" },
    { type: "delay", ms: between(10, 200) },
    { type: "slow", bytesPerSecond: between(10_000, 200_000) },
    { type: "cut", afterBytes: between(1_000, 50_000), atRecord: random() < 0.5 },
  ];
  const choice = Math.floor(random() * (conditions.length + 3));
  const condition = conditions[choice];
  if (condition !== undefined) {
    if (condition.type === "refuse") {
      for (const proxy of network) {
        proxy.reset();
      }
    }
    for (const proxy of network) {
      proxy.condition = condition;
    }
    await wait(lastsMs);
    if (condition.type === "black hole") {
      for (const proxy of network) {
        proxy.reset();
      }
    }
    for (const proxy of network) {
      proxy.condition = { type: "clear" };
    }
  } else if (choice === conditions.length) {
    for (const proxy of network) {
      proxy.reset();
    }
  } else if (choice === conditions.length + 1) {
    server.signal("SIGSTOP");
    await wait(lastsMs);
    server.signal("SIGCONT");
  } else {
    await server.prepare();
    await server.kill();
    await wait(lastsMs);
    await server.start();
  }
}

/** Prints a line with the progress. */
function printProgress(when: string): void {
  const { handles, memoryMiB } = resources();
  const growthMiB = memoryMiB - (atFirst ?? { memoryMiB }).memoryMiB;
  if (growthMiB > mostGrowthMiB) {
    broken.push(`memory in use grew by ${growthMiB.toFixed()} MiB`);
  }
  const counts = Object.entries(clients).map(
    ([name, { stats }]) =>
      `${name} sent ${stats.sent}, queued ${stats.queued}, reconnects ${stats.reconnects}`,
  );
  const read = `egress ${readers.egress.received}, gateway ${readers.gateway.received} received`;
  const rssMiB = process.memoryUsage().rss / 2 ** 20;
  const memory = `${memoryMiB.toFixed()} MiB in use, RSS ${rssMiB.toFixed()} MiB, ${handles} handles`;
  console.log(`${when}: ${faults} faults; ${counts.join("; ")}; ${read}; ${memory}`);
}
