// Run by peers.test.ts: an agent that records what the transport of another process, pinoLogger.mjs,
// and a destination in this one send.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { createDestination } from "@loggregator/pino";
import pino from "pino";

const emulator = await startEmulator();
const { tls } = emulator;
for (const name of ["ca", "cert", "key"]) {
  await writeFile(name, tls.ingress[name], { mode: 0o600 });
}
const { address } = emulator.ingress;
const ingress = { address, tls: { caPath: "ca", certPath: "cert", keyPath: "key" } };
const logger = spawn(process.execPath, ["pinoLogger.mjs", JSON.stringify({ ingress })], {
  stdio: ["ignore", "inherit", "inherit"],
});
const [code] = await once(logger, "exit");
await emulator.until(({ received }) => received >= 1_000);

const client = new IngressClient({ address, tls: tls.ingress, delivery: "acknowledged" });
pino(createDestination(client)).warn("from a destination");
await client.close();
const lines = emulator
  .envelopes()
  .map(({ message }) => JSON.parse(new TextDecoder().decode(message.value.payload)));
await emulator.close();
const inOrder = lines.slice(0, 1_000).every(({ i }, index) => i === index);
const last = lines.slice(1_000).map(({ level, msg }) => [level, msg]);
console.log(JSON.stringify({ version: pino.version, code, inOrder, last }));
