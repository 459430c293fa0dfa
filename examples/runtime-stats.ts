// Emits the resource use of this process (heap, memory, garbage collection, event loop) as gauges,
// to an agent over gRPC with mutual TLS, while the process does some work. Press Ctrl-C to stop it.
//
//   LOGGREGATOR_INGRESS_ADDRESS  the agent; default localhost:3458
//   LOGGREGATOR_CA_PATH          the authority that signed the agent's certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH        the client certificate; default client.crt
//   LOGGREGATOR_KEY_PATH         its private key; default client.key
//   RUNTIME_STATS_INTERVAL_MS    the time between two gauges; default 10000

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

try {
  const client = new IngressClient({
    address,
    tls: await loadIngressTls({ caPath, certPath, keyPath }),
    tags: { origin: "runtime-stats-example" },
    // This example prints failures itself. Without a logger, the client prints a warning.
    logger: null,
    onRetryableError: (error) => console.error(error.message),
  });
  try {
    // Measures and emits in the background until the signal aborts. A V1Client works as well.
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
  } finally {
    // Flushes the queue, and rejects if that fails. `await using` does the same, but
    // prints a warning instead of rejecting: see v2-ingress.ts.
    await client.close();
  }
  const { sent, dropped } = client.stats;
  console.log(`envelopes sent: ${sent}, dropped: ${dropped}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}

/** Keeps the event loop busy and creates garbage, so that the gauges change. */
function work(): void {
  JSON.parse(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => ({ index }))));
}
