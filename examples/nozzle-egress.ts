// A nozzle: reads everything through the Reverse Log Proxy and says each second how much came.
// All that have the same shard id share the envelopes: start it twice, and the load splits.
//
//   LOGGREGATOR_EGRESS_ADDRESS  the Reverse Log Proxy; default localhost:8082
//   LOGGREGATOR_CA_PATH         the authority that signed its certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH       our certificate; default client.crt
//   LOGGREGATOR_KEY_PATH        its key; default client.key
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
await loadEgressTls(paths); // Wrong files are told now, not tried again and again.

let dropped = 0;
const connector = new EnvelopeStreamConnector({
  address,
  tls: () => loadEgressTls(paths), // Read again for each new connection: they may be re-issued.
  retry: { onRetryableError: ({ message }) => console.error(message) },
  buffer: {
    size: 1_000,
    onDropped: (missed) => {
      dropped += missed;
    },
  },
});

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const counts = { log: 0, counter: 0, gauge: 0, timer: 0, event: 0 };
let total = 0;
const report = setInterval(() => {
  const types = Object.entries(counts).map(([type, count]) => `${count} ${type}`);
  console.log(`${types.join(", ")}; ${dropped} batches dropped`);
  for (const type of Object.keys(counts) as (keyof typeof counts)[]) counts[type] = 0;
  dropped = 0;
}, 1_000);

const request = { shardId, selectors: selectAll() };
for await (const batch of connector.stream(request, { signal: stop.signal })) {
  for (const { message } of batch) if (message !== undefined) counts[message.$case]++;
  total += batch.length;
}
clearInterval(report);
console.log(`${total} envelopes in all`);
