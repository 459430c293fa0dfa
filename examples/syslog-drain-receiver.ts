// Receives the messages of a Cloud Foundry syslog drain over HTTPS, and prints the fields of each
// envelope as a line of JSON. Press Ctrl-C to stop it. Run it as an app on Cloud Foundry, whose router
// terminates TLS, and bind it:
//
//   cf create-user-provided-service my-drain -l 'https://receiver.example.com/?drain-data=all'
//   cf bind-service my-app my-drain
//
//   PORT  default 8080
//   HOST  the address to listen on; default 0.0.0.0, which is all interfaces

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Message, UnmarshalError, unmarshal } from "@loggregator/rfc5424";

const { PORT = "8080", HOST = "0.0.0.0" } = process.env;
const maxBodyBytes = 1024 * 1024;

// Each POST of an https drain is one message, without framing.
const server = createServer(async (request, response) => {
  try {
    const body = await readBody(request);
    if (body === undefined) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    console.log(JSON.stringify(envelopeFields(unmarshal(body))));
    response.writeHead(200).end();
  } catch (error) {
    console.error(error instanceof UnmarshalError ? error.message : error);
    response.writeHead(400).end();
  }
});
try {
  server.listen(Number(PORT), HOST);
  await once(server, "listening");
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
const { address, port } = server.address() as AddressInfo;
console.log(`listening on http://${address}:${port}`);

const stop = () => {
  server.close();
  server.closeAllConnections();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

/** The body, or undefined if it is too long. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not close the connection, which is needed for the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The fields of the envelope from which the message was created. */
function envelopeFields(message: Message): Record<string, unknown> {
  const { timestamp, hostname, appName, processId, priority, structuredData } = message;
  const tags = structuredData.find(({ id }) => id === "tags@47450");
  // Counters, gauges, timers and events have an element with their values, such as "counter@47450".
  const values = structuredData.find(({ id }) => id !== tags?.id && id.endsWith("@47450"));
  // "[APP/PROC/WEB/0]" for logs, "[0]" for all others.
  const [, sourceType, instanceId] = /^\[(?:(.*)\/)?(.*)\]$/s.exec(processId) ?? [];
  return {
    time: timestamp === undefined ? undefined : new Date(Number(timestamp / 1_000_000n)),
    app: hostname,
    sourceId: appName,
    instanceId,
    ...(values
      ? { type: values.id.slice(0, -"@47450".length), ...Object.fromEntries(values.parameters) }
      : {
          type: "log",
          sourceType,
          stream: priority % 8 === 6 ? "stdout" : "stderr",
          text: new TextDecoder().decode(message.message).trimEnd(),
        }),
    tags: Object.fromEntries(tags?.parameters ?? []),
  };
}
