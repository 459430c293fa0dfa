// A nozzle: reads all envelopes from a Reverse Log Proxy, and prints the number of each type every
// second. All nozzles with the same shard id share the stream: start it twice to split the load.
//
//   LOGGREGATOR_EGRESS_ADDRESS  the Reverse Log Proxy; default localhost:8082
//   LOGGREGATOR_CA_PATH         the authority that signed its certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH       the client certificate; default client.crt
//   LOGGREGATOR_KEY_PATH        its private key; default client.key
//   LOGGREGATOR_SHARD_ID        default nozzle-example

import { selectAll } from "@loggregator/api";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";

const {
  LOGGREGATOR_EGRESS_ADDRESS: address = "localhost:8082",
  LOGGREGATOR_CA_PATH: caPath = "ca.crt",
  LOGGREGATOR_CERT_PATH: certPath = "client.crt",
  LOGGREGATOR_KEY_PATH: keyPath = "client.key",
  LOGGREGATOR_SHARD_ID: shardId = "nozzle-example",
} = process.env;
const paths = { caPath, certPath, keyPath };

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const counts = { log: 0, counter: 0, gauge: 0, timer: 0, event: 0 };
let total = 0;
let dropped = 0;
const report = setInterval(() => {
  const types = Object.entries(counts).map(([type, count]) => `${count} ${type}`);
  console.log(`${types.join(", ")}; ${dropped} dropped`);
  for (const type of Object.keys(counts) as (keyof typeof counts)[]) {
    counts[type] = 0;
  }
  dropped = 0;
}, 1_000);

try {
  // If the files cannot be used, fail now instead of at each attempt to connect.
  await loadEgressTls(paths);
  const connector = new EnvelopeStreamConnector({
    address,
    // The files are read for each new connection, because certificates are reissued.
    tls: () => loadEgressTls(paths),
    onRetryableError: ({ message }) => console.error(message),
    buffer: {
      size: 1_000,
      onDropped: (count) => {
        dropped += count;
      },
    },
  });
  const request = { shardId, selectors: selectAll() };
  for await (const batch of connector.stream(request, { signal: stop.signal })) {
    for (const { message } of batch) {
      if (message !== undefined) {
        counts[message.$case]++;
      }
    }
    total += batch.length;
  }
  console.log(`total: ${total}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  clearInterval(report);
}
