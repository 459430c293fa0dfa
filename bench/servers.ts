// The servers of the benchmarks if Go is not installed, see peers/go/serve.go: they decode no
// envelopes, so that only the subject is measured. Prints their addresses as JSON. Above about a
// million envelopes per second, this process is the bottleneck.
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { encodeEnvelopeBatch, formatEnvelopeBatch } from "@loggregator/api";
import { sampleBatch } from "./sample.js";
import { latenciesMs } from "./subjects/acknowledged.js";

const [caPath = "", certPath = "", keyPath = ""] = process.argv.slice(2);
const window = 8 * 1024 * 1024;
const batch = { batch: sampleBatch() };

const ingress = grpcServer((stream) => {
  // Reads the stream to its end, and ends it as an agent does.
  stream.resume();
  stream.on("end", () => {
    stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc",
        "grpc-status": "2",
        "grpc-message": "EOF",
      },
      { endStream: true },
    );
  });
});

const message = encodeEnvelopeBatch(batch);
const header = Buffer.alloc(5);
header.writeUInt32BE(message.length, 1);
const messages = Buffer.concat(Array.from({ length: 20 }, () => [header, message]).flat());

const egress = grpcServer((stream) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  pour(stream, messages);
});

const event = `data: ${formatEnvelopeBatch(batch, { emitUnpopulated: true })}\n\n`;
const events = Buffer.from(event.repeat(20));

const gateway = createHttpServer((_, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  pour(response, events);
});

/** Servers that answer each unary call after a delay. */
const acknowledging = latenciesMs.map((latencyMs) =>
  grpcServer((stream) => {
    stream.resume();
    stream.on("end", async () => {
      if (latencyMs > 0) {
        await wait(latencyMs);
      }
      stream.respond(
        { ":status": 200, "content-type": "application/grpc" },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.alloc(5));
    });
  }),
);

const mutualTls = {
  ca: readFileSync(caPath),
  cert: readFileSync(certPath),
  key: readFileSync(keyPath),
  requestCert: true,
};
const tlsSink = createTlsServer(mutualTls, (socket) => socket.on("error", () => {}).resume());
const tlsSource = createTlsServer(mutualTls, (socket) => pour(socket, messages));

const v1 = createSocket({ type: "udp4", recvBufferSize: window });
v1.on("message", () => {});

await Promise.all(
  [ingress, egress, gateway, tlsSink, tlsSource, ...acknowledging].map((server) => listen(server)),
);
await new Promise<void>((resolve) => v1.bind(0, "127.0.0.1", resolve));
process.stdout.write(
  `${JSON.stringify({
    ingress: addressOf(ingress),
    egress: addressOf(egress),
    gateway: `http://${addressOf(gateway)}`,
    v1: `127.0.0.1:${v1.address().port}`,
    acknowledging: Object.fromEntries(
      latenciesMs.map((ms, index) => [ms, addressOf(acknowledging[index] as Http2SecureServer)]),
    ),
    tlsSink: addressOf(tlsSink),
    tlsSource: addressOf(tlsSource),
  })}\n`,
);

function grpcServer(onStream: (stream: ServerHttp2Stream) => void): Http2SecureServer {
  const server = createSecureServer({
    ca: readFileSync(caPath),
    cert: readFileSync(certPath),
    key: readFileSync(keyPath),
    requestCert: true,
    settings: { initialWindowSize: window },
    // In MB. The pending writes of a hundred streams exceed the default of Node.js.
    maxSessionMemory: 1000,
  });
  server.on("session", (session) => {
    session.setLocalWindowSize(window);
    session.on("error", () => {});
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    onStream(stream);
  });
  return server;
}

/** Writes the same bytes repeatedly until the stream closes. */
function pour(to: Writable, bytes: Buffer): void {
  const write = () => {
    while (!to.destroyed && to.write(bytes)) {}
  };
  to.on("error", () => {});
  to.on("drain", write);
  write();
}

function listen(server: Server | Http2SecureServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function addressOf(server: Server | Http2SecureServer): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
