// A Loggregator in a process of its own, to be killed and stopped: ingress, egress and gateway at
// given addresses. Each number that arrives is in a file before it is acknowledged, and so is each
// that was sent to readers, so that a kill loses no count.
import { openSync, writeSync } from "node:fs";
import { logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";

process.once("disconnect", () => process.exit());
process.once("message", async ({ addresses, tls, arrived, sent, feedFrom, feedEachMs }) => {
  const arrivals = openSync(arrived, "a");
  const emulator = await startEmulator({
    ingress: { address: addresses.ingress },
    egress: { address: addresses.egress },
    gateway: { address: addresses.gateway },
    tls,
    onEnvelope: ({ sourceId, message }) => {
      if (sourceId === "feed" || message?.$case !== "log") return;
      const text = Buffer.from(message.value.payload).toString("latin1", 0, 8);
      writeSync(arrivals, `${sourceId[0]}${text}\n`);
    },
  });
  if (feedEachMs !== undefined) {
    const feed = openSync(sent, "a");
    let number = feedFrom;
    setInterval(() => {
      for (let i = 0; i < 10; i++) {
        writeSync(feed, `${number}\n`);
        emulator.emit(logEnvelope(String(number++), { sourceId: "feed" }));
      }
    }, feedEachMs);
  }
  process.send({
    ingress: emulator.ingress.address,
    egress: emulator.egress.address,
    gateway: emulator.gateway.address,
  });
});
process.send("loaded");
