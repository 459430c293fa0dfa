// One of our clients in a process of its own, to be stopped and continued. It emits numbers
// continuously, or reads them; the test requests the results.
import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { Agent, fetch } from "undici";

const { kind, addresses, tls, silenceTimeoutMs } = JSON.parse(process.argv[2]);
const errors = [];
const options = {
  tls,
  logger: null,
  onRetryableError: (error) => errors.push(String(error)),
};
const pings = {
  "grpc.keepalive_time_ms": 50,
  "grpc.keepalive_timeout_ms": silenceTimeoutMs,
};

/** A client that emits ten numbers every 5 ms. */
function emitting(delivery) {
  let emitted = 0;
  const client = new IngressClient({
    ...options,
    address: addresses.ingress,
    delivery,
    flushIntervalMs: 10,
    connectTimeoutMs: silenceTimeoutMs,
    stallTimeoutMs: silenceTimeoutMs,
    closeTimeoutMs: silenceTimeoutMs,
    channelOptions: pings,
  });
  const timer = setInterval(() => {
    for (let i = 0; i < 10; i++) {
      client.emitLog(String(emitted++).padEnd(8), { sourceId: delivery });
    }
  }, 5);
  return {
    client,
    newest: () => emitted - 1,
    account: () => ({ emitted, ...client.stats }),
    async close() {
      clearInterval(timer);
      await client.close();
    },
  };
}

function reading(client) {
  const numbers = [];
  const stream = client.stream({ selectors: [selectLog({ sourceId: "feed" })] });
  const read = (async () => {
    for await (const batch of stream) {
      for (const { message } of batch) {
        numbers.push(Number(Buffer.from(message.value.payload).toString()));
      }
    }
  })();
  return {
    client,
    newest: () => numbers.at(-1) ?? -1,
    account: () => ({ numbers }),
    async close() {
      await client.close();
      await read;
    },
  };
}

const start = {
  stream: () => emitting("stream"),
  acknowledged: () => emitting("acknowledged"),
  egress: () =>
    reading(
      new EnvelopeStreamConnector({
        ...options,
        address: addresses.egress,
        connectTimeoutMs: silenceTimeoutMs,
        channelOptions: pings,
      }),
    ),
  gateway: () => {
    const dispatcher = new Agent({ connect: { ca: tls.ca } });
    return reading(
      new RlpGatewayClient({
        logger: null,
        onRetryableError: options.onRetryableError,
        url: `https://${addresses.gatewayTls}`,
        token: "any-token",
        fetch: (url, init) => fetch(url, { ...init, dispatcher }),
        heartbeatTimeoutMs: silenceTimeoutMs,
      }),
    );
  },
};

const { client, account, newest, close } = start[kind]();
const statuses = [];
(async () => {
  for await (const { type } of client.status()) {
    statuses.push(type);
  }
})();
const commands = {
  newest,
  account: () => ({ ...account(), errors, statuses }),
  async close() {
    process.send({ closing: true });
    await close();
    return commands.account();
  },
};
process.on("message", async (what) => {
  process.send(await commands[what]());
});
process.once("disconnect", () => process.exit());
