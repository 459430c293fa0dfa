// Run by a test, with --expose-gc: reads one batch, sleeps until it is woken, and then reads the
// rest. Tells of what it has read, and of its memory when asked.
import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";

const { address, tls, buffer } = JSON.parse(process.argv[2]);
let missed = 0;
let read = 0;
let wake;
const awake = new Promise((resolve) => {
  wake = resolve;
});
process.on("message", async (message) => {
  if (message === "wake") {
    wake();
  }
  if (message === "memory") {
    // The memory behind buffers is let go a turn after them.
    for (let turn = 0; turn < 3; turn++) {
      gc();
      await new Promise(setImmediate);
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    process.send({ liveMiB: (heapUsed + external) / 2 ** 20, rssMiB: rss / 2 ** 20 });
  }
});
process.on("disconnect", () => process.exit());

const connector = new EnvelopeStreamConnector({
  address,
  tls,
  buffer: buffer && {
    ...buffer,
    onDropped(count) {
      missed += count;
    },
  },
});
try {
  for await (const _ of connector.stream({ selectors: [selectLog()] })) {
    if (++read === 1) {
      process.send("asleep");
      await awake;
    }
  }
} catch (error) {
  process.send({ read, missed, code: error.code });
}
