// A Loggregator at given addresses, in a process that tests kill and stop. Each number that arrives
// is written to a file before it is acknowledged, and each number for readers before it is sent, so
// that the counts survive a kill.
import dgram from "node:dgram";
import { openSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";

// The port of v1 is reserved by a socket of the test: see reserveUdpPort.
const { createSocket } = dgram;
dgram.createSocket = (options) => createSocket({ ...options, reuseAddr: true });
syncBuiltinESMExports();

process.once("disconnect", () => process.exit());
process.once("message", async ({ addresses, tls, arrived, sent, feed }) => {
  const arrivals = openSync(arrived, "a");
  const emulator = await startEmulator({
    // Clients of tests send pings more often than real servers permit.
    ingress: { address: addresses.ingress, minPingIntervalMs: 1 },
    egress: { address: addresses.egress, minPingIntervalMs: 1 },
    gateway: { address: addresses.gateway, httpsAddress: addresses.gatewayTls },
    v1: { address: addresses.v1 },
    tls,
    onEnvelope: ({ sourceId, message }) => {
      if (sourceId === "feed" || message?.$case !== "log") {
        return;
      }
      const text = Buffer.from(message.value.payload).toString("latin1", 0, 8);
      writeSync(arrivals, `${sourceId[0]}${text}\n`);
    },
  });
  if (feed !== undefined) {
    const file = openSync(sent, "a");
    let number = feed.from;
    setInterval(() => {
      for (let i = 0; i < 10; i++) {
        writeSync(file, `${number}\n`);
        const line = String(number++).padEnd(feed.lineBytes);
        emulator.emit(logEnvelope(line, { sourceId: "feed" }));
      }
    }, feed.eachMs);
  }
  process.send({
    ingress: emulator.ingress.address,
    egress: emulator.egress.address,
    gateway: emulator.gateway.address,
    gatewayTls: emulator.gateway.httpsAddress,
    v1: emulator.v1.address,
  });
});
process.send("loaded");
