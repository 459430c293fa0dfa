// Our v1 client in a child process that can use up its file descriptors.
import { closeSync, openSync } from "node:fs";
import { V1Client } from "@loggregator/v1";

const errors = [];
let emitted = 0;
const client = new V1Client({
  origin: "faults",
  address: process.argv[2],
  onError: (error) => errors.push(String(error)),
});
const emitting = setInterval(() => {
  for (let i = 0; i < 10; i++) {
    client.emitLog(String(emitted++).padEnd(8), { sourceId: "v1" });
  }
  const { sent, dropped, queued } = client.stats;
  if (sent + dropped + queued !== emitted) {
    throw new Error("the counts do not add up");
  }
}, 5);

const taken = [];
let taking;
const commands = {
  account: () => ({ emitted, ...client.stats, errors }),
  // Also takes the descriptors that the client releases later.
  "take descriptors": () => {
    taking = setInterval(() => {
      try {
        for (;;) {
          taken.push(openSync("/dev/null"));
        }
      } catch {
        // No descriptor is left.
      }
    }, 1);
  },
  "release descriptors": () => {
    clearInterval(taking);
    for (const descriptor of taken) {
      closeSync(descriptor);
    }
  },
  close: async () => {
    clearInterval(emitting);
    await client.close();
  },
};
process.on("message", async (what) => {
  process.send((await commands[what]()) ?? "done");
});
process.once("disconnect", () => process.exit());
