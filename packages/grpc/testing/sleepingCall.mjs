// Run by a test: reads a stream, while the test stops and continues this process. Reports each message,
// and how the call ended.
import { Connection } from "@loggregator/grpc";
import { createClientFactory } from "nice-grpc";

const { address, tls } = JSON.parse(process.argv[2]);
const bytes = (value) => value;
const definition = {
  read: {
    path: "/test/Read",
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
    options: {},
  },
};
const connection = new Connection({
  address,
  tls,
  serverName: "metron",
  keepaliveIntervalMs: 200,
  keepaliveTimeoutMs: 300,
});
const client = createClientFactory()
  .use(connection.middleware)
  .create(definition, connection.channel);
const release = connection.acquire();
try {
  for await (const message of client.read(Buffer.alloc(0))) {
    process.send(String(message));
    if (String(message) === "block") {
      // As long as a stopped process, but by its own doing.
      const end = performance.now() + 1_500;
      while (performance.now() < end) {}
    }
  }
  process.send("ended");
} catch (error) {
  process.send(`failed: ${error.message}`);
}
release();
process.disconnect();
