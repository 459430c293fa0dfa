// Emits what this process uses (heap, memory, garbage collection, event loop) as a gauge, to an
// agent over gRPC with mutual TLS, while the process does some work. Ctrl-C ends it.
//
//   LOGGREGATOR_INGRESS_ADDRESS  the agent; default localhost:3458
//   LOGGREGATOR_CA_PATH          the authority that signed the agent's certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH        our certificate; default client.crt
//   LOGGREGATOR_KEY_PATH         its key; default client.key
//   RUNTIME_STATS_INTERVAL_MS    how often; default 10000

import { setTimeout as sleep } from "node:timers/promises";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";
import { RuntimeEmitter } from "@loggregator/runtime-emitter";

const {
  LOGGREGATOR_INGRESS_ADDRESS: address = "localhost:3458",
  LOGGREGATOR_CA_PATH: caPath = "ca.crt",
  LOGGREGATOR_CERT_PATH: certPath = "client.crt",
  LOGGREGATOR_KEY_PATH: keyPath = "client.key",
  RUNTIME_STATS_INTERVAL_MS = "10000",
} = process.env;
const intervalMs = Number(RUNTIME_STATS_INTERVAL_MS);

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const client = new IngressClient({
  address,
  tls: await loadIngressTls({ caPath, certPath, keyPath }),
  tags: { origin: "runtime-stats-example" },
  onRetryableError: (error) => console.error(error.message),
});

// It measures and emits by itself until the signal aborts. A V1Client would do as well.
new RuntimeEmitter(client, {
  intervalMs,
  sourceId: "runtime-stats-example",
  signal: stop.signal,
});
console.log(`emitting to ${address} every ${intervalMs} ms`);

while (!stop.signal.aborted) {
  work();
  await sleep(100, undefined, { signal: stop.signal }).catch(() => {});
}

await client.closeSend();
const { sent, dropped } = client.stats;
console.log(`${sent} envelopes sent, ${dropped} dropped`);

/** Keeps the event loop busy and leaves garbage, so that there is something to see. */
function work(): void {
  JSON.parse(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => ({ index }))));
}
