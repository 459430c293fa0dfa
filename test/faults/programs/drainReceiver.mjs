// Receives a drain in a process of its own, to be killed or closed. Each number is written to a
// file before its message counts as consumed, so that a kill loses no counts.
import { openSync, writeSync } from "node:fs";
import { createServer } from "node:https";
import { createDrainReceiver } from "@loggregator/drain";

process.once("disconnect", () => process.exit());
process.once("message", async ({ scheme, port, tls, arrived }) => {
  const file = openSync(arrived, "a");
  const receiver = createDrainReceiver({ acknowledge: "consumed", logger: null });
  const { ca, cert, key } = tls;
  if (scheme === "syslog-tls") {
    await receiver.listenTls({ port, host: "127.0.0.1", ca, cert, key });
  } else {
    const server = createServer({ cert, key }, receiver.node);
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  }
  process.once("message", async () => {
    await receiver.close();
    process.exit();
  });
  process.send("listening");
  for await (const batch of receiver.batches()) {
    const numbers = new Uint32Array(batch.length);
    for (const [i, { message }] of batch.entries()) {
      numbers[i] = Number.parseInt(Buffer.from(message.message).toString("latin1"), 10);
    }
    writeSync(file, new Uint8Array(numbers.buffer));
  }
});
process.send("loaded");
