// Sends an event, and then a log, a counter, a gauge and a timer every second, to an agent over gRPC
// with mutual TLS. Ctrl-C ends it, after what was emitted has been sent.
//
//   LOGGREGATOR_INGRESS_ADDRESS  the agent; default localhost:3458
//   LOGGREGATOR_CA_PATH          the authority that signed the agent's certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH        our certificate; default client.crt
//   LOGGREGATOR_KEY_PATH         its key; default client.key

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

const client = new IngressClient({
  address,
  tls: await loadIngressTls({ caPath, certPath, keyPath }),
  tags: { origin: "v2-ingress-example" },
  onRetryableError: (error) => console.error(error.message),
  onDropped: (count) => console.error(`${count} envelopes were dropped`),
});
const source = { sourceId: "v2-ingress-example", instanceId: "0" };

// An event is acknowledged: this fails where there is no agent. The rest is sent in the background.
await client.emitEvent("start", `process ${process.pid} emits from now on`, {
  ...source,
  signal: AbortSignal.timeout(5_000),
});

for (let round = 1; !stop.signal.aborted; round += 1) {
  const start = new Date();
  client.emitLog(`this is round ${round}`, { ...source, stream: "stdout", sourceType: "APP" });
  client.emitCounter("rounds", source);
  client.emitGauge({ memory: { value: process.memoryUsage.rss(), unit: "bytes" } }, source);
  client.emitTimer("round", start, new Date(), source);
  console.log(`round ${round}: emitted a log, a counter, a gauge and a timer`);
  await sleep(1_000, undefined, { signal: stop.signal }).catch(() => {});
}

await client.closeSend();
const { sent, dropped } = client.stats;
console.log(`${sent} envelopes sent, ${dropped} dropped`);
