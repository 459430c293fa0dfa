// Measures what a line costs on the thread that logs: pino to a file, and the ways of this package.
// Run by hand: node packages/pino/testing/overhead.mjs
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { createDestination } from "@loggregator/pino";
import { writeCertificates } from "@loggregator/testing/certificates";
import pino from "pino";

const burst = 1_000;
const bursts = 200;

/** Prints the median and the 95th percentile of the bursts, in nanoseconds per line. */
async function measure(name, logger) {
  const costs = [];
  for (let i = 0; i < bursts; i++) {
    const start = performance.now();
    for (let j = 0; j < burst; j++) {
      logger.info({ i: j, path: "/v2/apps" }, "request served");
    }
    costs.push(((performance.now() - start) * 1e6) / burst);
    await sleep(5);
  }
  costs.splice(0, bursts / 4);
  costs.sort((a, b) => a - b);
  const at = (share) => Math.round(costs[Math.floor(costs.length * share)]);
  console.log(`${name.padEnd(40)} median ${at(0.5)} ns, 95 % ${at(0.95)} ns a line`);
}

const folder = await mkdtemp(join(tmpdir(), "pino-overhead-"));
const emulator = await startEmulator({});
const files = await writeCertificates(emulator.tls.ingress);
const { caPath, certPath, keyPath } = files;
const { address } = emulator.ingress;

const file = pino.destination({ dest: join(folder, "file"), sync: false, minLength: 4096 });
await once(file, "ready");
await measure("pino.destination to a file, async", pino(file));
const syncFile = pino.destination({ dest: join(folder, "sync"), sync: true });
await measure("pino.destination to a file, sync", pino(syncFile));

const fileTransport = pino.transport({
  target: "pino/file",
  options: { destination: join(folder, "transport") },
});
const fileLogger = pino(fileTransport);
await once(fileTransport, "ready");
await measure("pino.transport pino/file", fileLogger);

const transport = pino.transport({
  target: "@loggregator/pino",
  options: { ingress: { address, tls: { caPath, certPath, keyPath } } },
});
const transportLogger = pino(transport);
await once(transport, "ready");
await measure("pino.transport @loggregator/pino", transportLogger);

const client = new IngressClient({ address, tls: emulator.tls.ingress });
await measure("createDestination", pino(createDestination(client)));
const tagged = createDestination(client, { tagFields: ["path"] });
await measure("createDestination, with a tag", pino(tagged));

await client.close();
for (const ending of [transport, fileTransport]) {
  ending.end();
  await once(ending, "close");
}
await files[Symbol.asyncDispose]();
await emulator.close();
await rm(folder, { recursive: true });
