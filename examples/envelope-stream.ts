// Prints a line for each envelope that comes out of a Reverse Log Proxy, read over gRPC with mutual
// TLS. The stream reconnects by itself. Ctrl-C ends it.
//
//   LOGGREGATOR_EGRESS_ADDRESS  the Reverse Log Proxy; default localhost:8082
//   LOGGREGATOR_CA_PATH         the authority that signed its certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH       our certificate; default client.crt
//   LOGGREGATOR_KEY_PATH        its key; default client.key
//   LOGGREGATOR_SOURCE_ID       an app's GUID or a component's name; default: all sources
//   LOGGREGATOR_SHARD_ID        processes with the same one share the envelopes; default: each has all

import { type Envelope, selectAll } from "@loggregator/api";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";

const {
  LOGGREGATOR_EGRESS_ADDRESS: address = "localhost:8082",
  LOGGREGATOR_CA_PATH: caPath = "ca.crt",
  LOGGREGATOR_CERT_PATH: certPath = "client.crt",
  LOGGREGATOR_KEY_PATH: keyPath = "client.key",
  LOGGREGATOR_SOURCE_ID: sourceId,
  LOGGREGATOR_SHARD_ID: shardId,
} = process.env;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const connector = new EnvelopeStreamConnector({
  address,
  tls: await loadEgressTls({ caPath, certPath, keyPath }),
  retry: { onRetryableError: (error) => console.error(error.message) },
});

// Ends when the signal aborts, and then closes the connection.
const stream = connector.stream(
  { shardId, selectors: selectAll({ sourceId }) },
  { signal: stop.signal },
);
for await (const batch of stream) {
  for (const envelope of batch) console.log(describe(envelope));
}

function describe({ timestamp, sourceId, instanceId, message }: Envelope): string {
  const time = new Date(Number(timestamp / 1_000_000n)).toISOString();
  const line = `${time} ${sourceId}/${instanceId} ${message?.$case} ${tell(message)}`;
  // What others have written must not reach into the terminal.
  return line.replace(/\p{Cc}/gu, " ");
}

function tell(message: Envelope["message"]): string {
  switch (message?.$case) {
    case "log":
      return new TextDecoder().decode(message.value.payload);
    case "counter":
      return `${message.value.name}: ${message.value.delta} more, ${message.value.total} in all`;
    case "gauge":
      return Object.entries(message.value.metrics)
        .map(([name, { value, unit }]) => `${name}: ${value} ${unit}`)
        .join(", ");
    case "timer":
      return `${message.value.name}: ${Number(message.value.stop - message.value.start) / 1e6} ms`;
    case "event":
      return `${message.value.title}: ${message.value.body}`;
    case undefined:
      return "";
  }
}
