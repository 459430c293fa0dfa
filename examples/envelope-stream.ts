// Prints a line for each envelope of a Reverse Log Proxy, read over gRPC with mutual TLS. The stream
// reconnects by itself. Press Ctrl-C to stop it.
//
//   LOGGREGATOR_EGRESS_ADDRESS  the Reverse Log Proxy; default localhost:8082
//   LOGGREGATOR_CA_PATH         the authority that signed its certificate; default ca.crt
//   LOGGREGATOR_CERT_PATH       the client certificate; default client.crt
//   LOGGREGATOR_KEY_PATH        its private key; default client.key
//   LOGGREGATOR_SOURCE_ID       an app's GUID or a component's name; default: all sources
//   LOGGREGATOR_SHARD_ID        splits the stream among all readers with this id; default: none

import { type Envelope, logText, selectAll, toDate } from "@loggregator/api";
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

try {
  const connector = new EnvelopeStreamConnector({
    address,
    tls: await loadEgressTls({ caPath, certPath, keyPath }),
    // If no server is running, this prints each failed attempt until one is.
    onRetryableError: (error) => console.error(error.message),
  });
  const request = { shardId, selectors: selectAll({ sourceId }) };
  // The loop ends when the signal aborts. Then, and when the loop is left, the connection is closed.
  for await (const batch of connector.stream(request, { signal: stop.signal })) {
    for (const envelope of batch) {
      console.log(lineOf(envelope));
    }
  }
} catch (error) {
  // The certificates cannot be used, or the server refused the request.
  console.error(String(error));
  process.exitCode = 1;
}

function lineOf(envelope: Envelope): string {
  const { sourceId, instanceId, message } = envelope;
  const time = toDate(envelope).toISOString();
  const line = `${time} ${sourceId}/${instanceId} ${message?.$case} ${textOf(envelope)}`;
  // Text in envelopes must not control the terminal.
  return line.replace(/\p{Cc}/gu, " ");
}

function textOf(envelope: Envelope): string {
  const { message } = envelope;
  switch (message?.$case) {
    case "log":
      return logText(envelope) ?? "";
    case "counter":
      return `${message.value.name}: +${message.value.delta}, total ${message.value.total}`;
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
