// Run by a test: an emulator in a process of its own, which reports its stats and its memory.
import { startEmulator } from "@loggregator/emulator";

const emulator = await startEmulator({ logger: null });
const { ingress, egress, tls } = emulator;
process.on("message", () => {
  process.send({ stats: emulator.stats, rss: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit());
process.send({ ingress, egress, tls: { ingress: tls.ingress, egress: tls.egress } });
