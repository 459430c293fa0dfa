// Receives a syslog drain in a Hono application, and shows the last log lines of each app at /. The same
// handler works in Deno, Bun and workers. Press Ctrl-C to stop it. Run it as an app on Cloud Foundry,
// and bind it:
//
//   cf create-user-provided-service my-drain -l 'https://receiver.example.com/drain?drain-data=logs'
//   cf bind-service my-app my-drain
//
//   PORT  default 8080
//   HOST  the address to listen on; default 0.0.0.0, which is all interfaces

import { type ServerType, serve } from "@hono/node-server";
import { isLog, logText } from "@loggregator/api";
import { createDrainReceiver } from "@loggregator/drain";
import { Hono } from "hono";

const { PORT = "8080", HOST = "0.0.0.0" } = process.env;
const maxLines = 100;

const receiver = createDrainReceiver({ logger: console });
const lines = new Map<string, string[]>();

const app = new Hono();
app.post("/drain", ({ req }) => receiver.fetch(req.raw));
app.get("/", (context) => context.json(Object.fromEntries(lines)));

const server: ServerType = serve(
  { fetch: app.fetch, port: Number(PORT), hostname: HOST },
  ({ address, port }) => console.log(`listening on http://${address}:${port}`),
);
server.on("error", (error: Error) => {
  console.error(String(error));
  process.exit(1);
});

const stop = () => {
  void receiver.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

for await (const { envelope } of receiver) {
  if (isLog(envelope)) {
    const name = envelope.tags["app_name"] ?? envelope.sourceId;
    const last = lines.get(name) ?? [];
    lines.set(name, [...last, logText(envelope)].slice(-maxLines));
  }
}
server.close();
