// Reads the envelopes of one source, or of all sources, from the RLP gateway, and prints logs as text
// and other envelopes as JSON. It needs no certificates, only a token. Press Ctrl-C to stop it.
//
//   LOGGREGATOR_GATEWAY_URL  the gateway: https://log-stream.<system domain>
//   CF_TOKEN                 a token: "$(cf oauth-token)". As it expires, use these for long runs:
//   UAA_URL                  the UAA: https://uaa.<system domain>
//   UAA_CLIENT_ID            a UAA client that may read logs; its tokens are renewed before they expire
//   UAA_CLIENT_SECRET        the secret of this client
//   LOGGREGATOR_SOURCE_ID    an app's GUID or a component's name; default: all sources
//   LOGGREGATOR_SHARD_ID     splits the stream among all readers with this id; default: none
//   NODE_EXTRA_CA_CERTS      read by Node.js: PEM file of the gateway's certificate authority, if private

import { type Envelope, formatEnvelope, isLog, logText, selectAll, toDate } from "@loggregator/api";
import { uaaClientCredentials } from "@loggregator/auth";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";

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

try {
  const client = new RlpGatewayClient({
    url,
    token: UAA_URL ? uaaClientCredentials({ url: UAA_URL, clientId, clientSecret }) : CF_TOKEN,
    // This example prints failures itself. Without a logger, the client prints a warning.
    logger: null,
    onRetryableError: (error) => console.error(error.message),
  });
  const request = { shardId, selectors: selectAll({ sourceId }) };
  // The loop ends when the signal aborts. Then, and when the loop is left, the connection is closed.
  for await (const batch of client.stream(request, { signal: stop.signal })) {
    for (const envelope of batch) {
      console.log(lineOf(envelope));
    }
  }
} catch (error) {
  // A refusal: the gateway answers 404 to a token that is missing, has expired or lacks permission.
  console.error(String(error));
  process.exitCode = 1;
}

function lineOf(envelope: Envelope): string {
  if (!isLog(envelope)) {
    return formatEnvelope(envelope);
  }
  const { sourceId, instanceId, tags, message } = envelope;
  const time = toDate(envelope).toISOString();
  const from = `${sourceId} [${tags["source_type"] ?? ""}/${instanceId}]`;
  const stream = message.value.type === 0 ? "OUT" : "ERR";
  const text = logText(envelope);
  // Text in envelopes must not control the terminal.
  return `${time} ${from} ${stream} ${text}`.replace(/\p{Cc}/gu, " ");
}
