// Writes a syslog message of RFC 5424, reads it back, and passes the messages that a Cloud Foundry
// drain sends for envelopes through a stream. It needs no network and exits by itself.

import { logEnvelope } from "@loggregator/api";
import {
  addDatum,
  Facility,
  fromEnvelope,
  type MessageInit,
  marshal,
  readFrom,
  Severity,
  UnmarshalError,
  unmarshal,
  writeTo,
} from "@loggregator/rfc5424";

// One message to bytes, and back.
const written: MessageInit = {
  priority: Facility.Daemon | Severity.Info,
  timestamp: new Date(),
  hostname: "my-host",
  appName: "rfc5424-example",
  processId: String(process.pid),
  message: "Hello, World!",
};
addDatum(written, "build@1234", "revision", "1.2.3");
const bytes = marshal(written);
console.log(new TextDecoder().decode(bytes));

const read = unmarshal(bytes);
console.log(`priority ${read.priority}, from ${read.appName} on ${read.hostname}:`);
for (const { id, parameters } of read.structuredData) {
  for (const [name, value] of parameters) {
    console.log(`  ${id} ${name} = ${value}`);
  }
}

// If the bytes are malformed, the error describes the problem.
try {
  unmarshal(new TextEncoder().encode("<30>1 yesterday my-host - - - - Hello"));
} catch (error) {
  if (!(error instanceof UnmarshalError)) {
    throw error;
  }
  console.log(error.message);
}

// Envelopes as octet-counted frames, as syslog:// and syslog-tls:// drains send them. Here they are
// read directly; a socket may split the stream anywhere.
const source = { sourceId: "my-app", sourceType: "APP/PROC/WEB" };
const envelopes = [
  logEnvelope("GET /cart 200", { ...source, instanceId: "0", stream: "stdout" }),
  logEnvelope("payment: connection refused", { ...source, instanceId: "1" }),
];
const frames = writeTo(envelopes.flatMap((envelope) => fromEnvelope(envelope)));
for await (const { appName, processId, message } of readFrom(frames)) {
  console.log(`${appName} ${processId} ${new TextDecoder().decode(message).trimEnd()}`);
}
