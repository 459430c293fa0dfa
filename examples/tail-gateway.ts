// Tails a source, or all, through the RLP gateway: logs as text, everything else as JSON. It needs
// no certificates, only a token. Ctrl-C ends it.
//
//   LOGGREGATOR_GATEWAY_URL  the gateway: https://log-stream.<system domain>
//   CF_TOKEN                 a token: "$(cf oauth-token)"; it expires, for long runs rather give
//   UAA_URL                  the UAA, https://uaa.<system domain>, with
//   UAA_CLIENT_ID            a client that may read logs, and
//   UAA_CLIENT_SECRET        its secret: tokens are then got, and renewed, as needed
//   LOGGREGATOR_SOURCE_ID    an app's GUID or a component's name; default: all sources
//   LOGGREGATOR_SHARD_ID     processes with the same one share the envelopes; default: each has all
//   NODE_EXTRA_CA_CERTS      read by Node.js: a file with the gateway's authority, if it is a private one

import { type Envelope, formatEnvelopeBatch, isLog, selectAll } from "@loggregator/api";
import { RlpGatewayClient, uaaClientCredentials } from "@loggregator/rlp-gateway";

const {
  LOGGREGATOR_GATEWAY_URL: url = "",
  CF_TOKEN,
  UAA_URL,
  UAA_CLIENT_ID: clientId = "",
  UAA_CLIENT_SECRET: clientSecret = "",
  LOGGREGATOR_SOURCE_ID: sourceId,
  LOGGREGATOR_SHARD_ID: shardId,
} = process.env;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const client = new RlpGatewayClient({
  url,
  token: UAA_URL ? uaaClientCredentials({ url: UAA_URL, clientId, clientSecret }) : CF_TOKEN,
  onRetryableError: (error) => console.error(error.message),
});

try {
  const stream = client.stream(
    { shardId, selectors: selectAll({ sourceId }) },
    { signal: stop.signal },
  );
  for await (const batch of stream) {
    for (const envelope of batch) console.log(describe(envelope));
  }
} catch (error) {
  // The gateway was away for too long, or refused: a token that is missing, has expired or lacks
  // the right is a 404.
  console.error(String(error));
  process.exitCode = 1;
}

function describe(envelope: Envelope): string {
  if (!isLog(envelope)) return formatEnvelopeBatch({ batch: [envelope] });
  const { timestamp, sourceId, instanceId, tags, message } = envelope;
  const time = new Date(Number(timestamp / 1_000_000n)).toISOString();
  const from = `${sourceId} [${tags["source_type"] ?? ""}/${instanceId}]`;
  const stream = message.value.type === 0 ? "OUT" : "ERR";
  const text = new TextDecoder().decode(message.value.payload);
  // What others have written must not reach into the terminal.
  return `${time} ${from} ${stream} ${text}`.replace(/\p{Cc}/gu, " ");
}
