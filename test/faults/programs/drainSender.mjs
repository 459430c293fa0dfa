// Sends numbers to a drain from a process of its own, to be killed. It reports how many were sent,
// in their order, so that the next one continues from there.
import { setImmediate } from "node:timers/promises";
import { DrainSender } from "@loggregator/drain";

const filling = ".".repeat(40);
const maxQueued = 8_000;

process.once("disconnect", () => process.exit());
process.once("message", async ({ url, tls, from, to }) => {
  const sender = new DrainSender({ url, tls, logger: null, flushIntervalMs: 20 });
  const common = { sourceId: "faults", instanceId: "0", sourceType: "APP/PROC/WEB" };
  let reported = 0;
  const report = () => {
    const { sent, dropped } = sender.stats;
    if (dropped > 0) {
      throw new Error(`${dropped} envelopes were dropped`);
    }
    if (sent > reported) {
      reported = sent;
      process.send(from + sent);
    }
  };
  const interval = setInterval(report, 5);
  for (let number = from; number < to; number++) {
    sender.emitLog(`${number} ${filling}`, common);
    if (number % 500 === 0) {
      do {
        await setImmediate();
      } while (sender.stats.queued > maxQueued);
    }
  }
  await sender.flush();
  clearInterval(interval);
  report();
  await sender.close();
});
process.send("loaded");
