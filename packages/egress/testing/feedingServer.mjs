// Run by a test, to be killed. Listens at the given address, and feeds its readers continuously:
// the logs of one life have its name as their source, and count from 0. It is a bare HTTP/2 server,
// because twenty of them have to start: an emulator takes ten times as long to load.
import { createSecureServer } from "node:http2";
import { encodeEnvelopeBatch, logEnvelope } from "@loggregator/api";

process.once("message", ({ life, address, tls }) => {
  const server = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    let count = 0n;
    const feed = () => {
      if (stream.destroyed) {
        return;
      }
      const batch = Array.from({ length: 50 }, () =>
        logEnvelope("a line", { sourceId: life, timestamp: count++ }),
      );
      const bytes = encodeEnvelopeBatch({ batch });
      const head = Buffer.alloc(5);
      head.writeUInt32BE(bytes.length, 1);
      stream.write(Buffer.concat([head, bytes]), () => setTimeout(feed, 2));
    };
    feed();
  });
  const [host, port] = address.split(":");
  server.listen(Number(port), host, () => process.send(`${host}:${server.address().port}`));
});
process.once("disconnect", () => process.exit());
