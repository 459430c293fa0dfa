// Sends a log, a counter and a gauge every second to an agent over UDP, with Loggregator's v1
// protocol. Ctrl-C stops it after the queued envelopes have been sent.
//
//   LOGGREGATOR_V1_ADDRESS  the agent; default localhost:3457

import { setTimeout as sleep } from "node:timers/promises";
import { V1Client } from "@loggregator/v1";

const { LOGGREGATOR_V1_ADDRESS: address = "localhost:3457" } = process.env;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const client = new V1Client({
  origin: "v1-ingress-example",
  address,
  // This example prints failures itself. Without a logger, the client prints a warning.
  logger: null,
  onError: (error) => console.error(error.message),
});
const source = { sourceId: "v1-ingress-example", instanceId: "0" };
try {
  for (let round = 1; !stop.signal.aborted; round += 1) {
    client.emitLog(`this is round ${round}`, { ...source, stream: "stdout", sourceType: "APP" });
    client.emitCounter("rounds", source);
    client.emitGauge({ memory: { value: process.memoryUsage.rss(), unit: "bytes" } }, source);
    console.log(`round ${round}: emitted a log, a counter and a gauge`);
    await sleep(1_000, undefined, { signal: stop.signal }).catch(() => {});
  }
} finally {
  // In TypeScript, and in JavaScript from Node.js 24 on, `await using client = new V1Client(…)` does
  // the same.
  await client.close();
}
// "Sent" counts what the operating system accepted: UDP does not report what arrived.
const { sent, dropped } = client.stats;
console.log(`envelopes sent: ${sent}, dropped: ${dropped}`);
