// Receives a syslog drain over HTTPS, and appends each envelope to a file as a line of JSON. A
// request is acknowledged once its envelopes are on the disk, so nothing is lost if this program is
// killed: Cloud Foundry repeats requests that were not acknowledged. Press Ctrl-C to stop it. Run it as
// an app on Cloud Foundry, whose router terminates TLS, and bind it:
//
//   cf create-user-provided-service my-drain -l 'https://receiver.example.com/?drain-data=all'
//   cf bind-service my-app my-drain
//
//   DRAIN_FILE      default drain.jsonl
//   DRAIN_PASSWORD  the password of the user "drain" in the URL; default: no authentication
//   PORT            default 8080
//   HOST            the address to listen on; default 0.0.0.0, which is all interfaces

import { once } from "node:events";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createDrainReceiver } from "@loggregator/drain";

const { DRAIN_FILE = "drain.jsonl", DRAIN_PASSWORD, PORT = "8080", HOST = "0.0.0.0" } = process.env;

const receiver = createDrainReceiver({
  acknowledge: "consumed",
  auth: DRAIN_PASSWORD ? { basic: { username: "drain", password: DRAIN_PASSWORD } } : {},
  logger: console,
});
const server = createServer(receiver.node);
try {
  server.listen(Number(PORT), HOST);
  await once(server, "listening");
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
const { address, port } = server.address() as AddressInfo;
console.log(`listening on http://${address}:${port}`);

const stop = () => {
  void receiver.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

const file = await open(DRAIN_FILE, "a");
let written = 0;
try {
  for await (const batch of receiver.batches()) {
    const lines = batch.map(({ envelope, binding }) =>
      JSON.stringify({ path: binding.path, envelope }),
    );
    await file.appendFile(`${lines.join("\n")}\n`);
    // Otherwise, buffered data may be lost if the machine fails.
    await file.datasync();
    written += batch.length;
  }
} finally {
  await file.close();
  server.close();
  server.closeIdleConnections();
}
console.log(`envelopes written: ${written}`);
