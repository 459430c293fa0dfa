// Sends and reads, and prints results for which grpc-js's classes must be recognized: the end of a
// stream without an error, and the status of a refusal.
import { readFileSync } from "node:fs";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";

const manifest = readFileSync(new URL("node_modules/@grpc/grpc-js/package.json", import.meta.url));
const emulator = await startEmulator();
const { ingress, egress, tls } = emulator;
const client = new IngressClient({ address: ingress.address, tls: tls.ingress });
client.emitLog("hello", { sourceId: "app" });
await client.close();
const connector = new EnvelopeStreamConnector({ address: egress.address, tls: tls.egress });
const refusal = await connector
  .stream({ selectors: [] })
  .next()
  .catch((error) => error.message);
const [envelope] = emulator.envelopes();
await connector.close();
await emulator.close();
console.log(
  JSON.stringify({
    version: JSON.parse(manifest).version,
    received: Buffer.from(envelope.message.value.payload).toString(),
    refusal,
  }),
);
