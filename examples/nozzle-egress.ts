// A nozzle: reads everything through the Reverse Log Proxy and says each second how much came.
// All that have the same shard id share the envelopes: start it twice, and the load splits.
//
//   LOGGREGATOR_EGRESS_ADDRESS  host:port of the Reverse Log Proxy
//   LOGGREGATOR_CA_PATH, LOGGREGATOR_CERT_PATH, LOGGREGATOR_KEY_PATH  PEM files
//   LOGGREGATOR_SHARD_ID  default: nozzle-example

import { selectAll } from "@loggregator/api";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";

const paths = {
  caPath: required("LOGGREGATOR_CA_PATH"),
  certPath: required("LOGGREGATOR_CERT_PATH"),
  keyPath: required("LOGGREGATOR_KEY_PATH"),
};
await loadEgressTls(paths); // Wrong files are told now, not tried again and again.

let dropped = 0;
const connector = new EnvelopeStreamConnector({
  address: required("LOGGREGATOR_EGRESS_ADDRESS"),
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

const shardId = process.env["LOGGREGATOR_SHARD_ID"] ?? "nozzle-example";
const request = { shardId, selectors: selectAll() };
for await (const batch of connector.stream(request, { signal: stop.signal })) {
  for (const { message } of batch) if (message !== undefined) counts[message.$case]++;
  total += batch.length;
}
clearInterval(report);
console.log(`${total} envelopes in all`);

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set`);
  process.exit(2);
}
