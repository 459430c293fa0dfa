// Run by a test: closes an emulator that has streams, held calls and a silent connection open, then
// has nothing more to do. Ends with 0 by itself, or with 7 if a timer or handle keeps it running.
import { once } from "node:events";
import { connect } from "node:net";
import { ChannelCredentials } from "@grpc/grpc-js";
import { EgressDefinition, IngressDefinition, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { createChannel, createClient } from "nice-grpc";

const emulator = await startEmulator();

function openChannel(address, { ca, cert, key, serverName }) {
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(ca),
    Buffer.from(key),
    Buffer.from(cert),
  );
  return createChannel(address, credentials, { "grpc.ssl_target_name_override": serverName });
}

const channels = [
  openChannel(emulator.egress.address, emulator.tls.egress),
  openChannel(emulator.ingress.address, emulator.tls.ingress),
];
const request = { selectors: [selectLog()] };
const reading = createClient(EgressDefinition, channels[0])
  .batchedReceiver(request)
  [Symbol.asyncIterator]();
async function* halfOpen() {
  yield { batch: [] };
  await new Promise(() => {});
}
const ends = [reading.next(), createClient(IngressDefinition, channels[1]).batchSender(halfOpen())];
const { body } = await fetch(`${emulator.gateway.url}/v2/read?log`, {
  headers: { authorization: "bearer token" },
});
ends.push(body.getReader().read());
await emulator.until((stats) => stats.egressStreams === 2 && stats.ingressStreams === 1);
emulator.faults.delay(2_147_483_647);
ends.push(fetch(emulator.gateway.url));
const silent = connect(Number(emulator.egress.address.split(":")[1]), "127.0.0.1");
await once(silent, "connect");

await emulator.close();
const results = await Promise.allSettled(ends);
console.log(JSON.stringify(results.map(({ reason }) => reason?.code ?? reason?.name)));
for (const channel of channels) {
  channel.close();
}
setTimeout(() => process.exit(7), 3000).unref();
