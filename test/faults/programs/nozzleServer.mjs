// A Loggregator in its own process that emits numbered logs at a constant rate.
import { setTimeout as wait } from "node:timers/promises";
import { logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";

const tags = {
  deployment: "cf",
  origin: "rep",
  app_name: "checkout",
  space_name: "production",
  organization_name: "shop",
  process_type: "web",
};
const filling = ".".repeat(80);

let emulator;
let next = 0;

/** Emits numbers until `count` of them were emitted, as many as are due at each turn. */
async function emit(count, perSecond) {
  const started = performance.now();
  for (let emitted = 0; emitted < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - started) / 1_000) * perSecond));
    for (; emitted < due; emitted++) {
      const options = { sourceId: "feed", instanceId: "0", stream: "stdout", tags };
      emulator.emit(logEnvelope(`${next++} ${filling}`, options));
    }
    await wait(5);
  }
}

process.once("disconnect", () => process.exit());
process.on("message", async ({ id, type, tls, count, perSecond }) => {
  switch (type) {
    case "start":
      emulator = await startEmulator({ tls });
      process.send({ id, egress: emulator.egress.address });
      break;
    case "emit":
      await emit(count, perSecond);
      process.send({ id, next });
      break;
    case "streams":
      await emulator.until(({ egressStreams }) => egressStreams === count);
      process.send({ id });
      break;
  }
});
