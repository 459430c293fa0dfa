// Sends an event, and then a log, a counter, a gauge and a timer every second, to an agent over gRPC
// with mutual TLS. Ctrl-C stops it after the queued envelopes have been sent.
//
//   LOGGREGATOR_INGRESS_ADDRESS  the agent; default localhost:3458
//   LOGGREGATOR_CA_PATH          the authority that signed the agent's certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH        the client certificate; default client.crt
//   LOGGREGATOR_KEY_PATH         its private key; default client.key

import { setTimeout as sleep } from "node:timers/promises";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";

const {
  LOGGREGATOR_INGRESS_ADDRESS: address = "localhost:3458",
  LOGGREGATOR_CA_PATH: caPath = "ca.crt",
  LOGGREGATOR_CERT_PATH: certPath = "client.crt",
  LOGGREGATOR_KEY_PATH: keyPath = "client.key",
} = process.env;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

try {
  const client = new IngressClient({
    address,
    tls: await loadIngressTls({ caPath, certPath, keyPath }),
    tags: { origin: "v2-ingress-example" },
    // This example prints failures itself. Without a logger, the client prints a warning.
    logger: null,
    onRetryableError: (error) => console.error(error.message),
    onDropped: (count) => console.error(`${count} envelopes dropped`),
  });
  try {
    await emitUntilStopped(client);
  } finally {
    // Flushes the queue, and rejects if that fails. In TypeScript, and in JavaScript from Node.js
    // 24 on, `await using client = new IngressClient(…)` closes the client at the end of its block, and
    // prints a warning instead of rejecting, so that an error in the block is not hidden.
    await client.close();
  }
  const { sent, dropped } = client.stats;
  console.log(`envelopes sent: ${sent}, dropped: ${dropped}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}

async function emitUntilStopped(client: IngressClient): Promise<void> {
  const source = { sourceId: "v2-ingress-example", instanceId: "0" };
  try {
    // Events are acknowledged, so this fails if there is no agent. Other envelopes are sent in the
    // background.
    await client.emitEvent("start", `process ${process.pid} started`, {
      ...source,
      signal: stop.signal,
    });
  } catch (error) {
    console.error(`the event was not delivered: ${error}`);
  }
  for (let round = 1; !stop.signal.aborted; round += 1) {
    const start = new Date();
    client.emitLog(`this is round ${round}`, { ...source, stream: "stdout", sourceType: "APP" });
    client.emitCounter("rounds", source);
    client.emitGauge({ memory: { value: process.memoryUsage.rss(), unit: "bytes" } }, source);
    client.emitTimer("round", start, new Date(), source);
    console.log(`round ${round}: emitted a log, a counter, a gauge and a timer`);
    await sleep(1_000, undefined, { signal: stop.signal }).catch(() => {});
  }
}
