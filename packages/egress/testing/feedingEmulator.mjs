// Run by a test: an emulator that is to be killed. Listens when told where and as whom, and feeds
// its readers without a pause: the logs of one life have its name as source, and count from 0.
import { logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";

process.on("message", async ({ life, address, tls }) => {
  const emulator = await startEmulator({ egress: { address }, tls });
  process.send(emulator.egress.address);
  await emulator.until(({ egressStreams }) => egressStreams > 0);
  let count = 0n;
  setInterval(() => {
    for (let index = 0; index < 50; index++) {
      emulator.emit(logEnvelope("a line", { sourceId: life, timestamp: count++ }));
    }
  }, 5);
});
process.on("disconnect", () => process.exit());
