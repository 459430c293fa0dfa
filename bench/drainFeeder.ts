// Connects to a syslog-tls receiver at the given port, and writes the frames of a batch repeatedly,
// as fast as they are read.
import { once } from "node:events";
import { connect } from "node:tls";
import { fromEnvelope, marshal } from "@loggregator/rfc5424";
import { sampleBatch } from "./sample.js";

const frames = sampleBatch().flatMap((envelope) =>
  fromEnvelope(envelope).map((message) => {
    const bytes = marshal(message);
    return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
  }),
);
const chunk = Buffer.concat(frames);
const socket = connect({ port: Number(process.argv[2]), rejectUnauthorized: false });
socket.on("error", () => process.exit());
socket.on("close", () => process.exit());
process.on("disconnect", () => process.exit());
await once(socket, "secureConnect");
for (;;) {
  if (!socket.write(chunk)) {
    await once(socket, "drain");
  }
}
