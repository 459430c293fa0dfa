// Run by tests: an emulator in a process of its own, to be killed. It listens once it receives an
// address, writes each number that it gets to a file before it acknowledges it, and so loses none
// of them with its memory.
import { openSync, writeSync } from "node:fs";
import { startEmulator } from "@loggregator/emulator";

process.once("message", async ({ address, tls, path }) => {
  const file = openSync(path, "a");
  const emulator = await startEmulator({
    ingress: { address },
    tls,
    onEnvelope: ({ message }) => {
      writeSync(file, `${Buffer.from(message.value.payload).toString().trim()}\n`);
    },
  });
  process.send(emulator.ingress.address);
});
// Its test may end before it does.
process.once("disconnect", () => process.exit());
process.send("loaded");
