// Serves the page to this machine's browsers, and forwards its requests to the gateway. The token is
// added here, where the page never sees it; and gateways permit no page of another origin to read
// from them, so that asking this server is what works. Ctrl-C ends it.
//
//   LOGGREGATOR_GATEWAY_URL  the gateway: https://log-stream.<system domain>
//   CF_TOKEN                 a token: "$(cf oauth-token)"
//   PORT                     default 8000
//   NODE_EXTRA_CA_CERTS      read by Node.js: a file with the gateway's authority, if it is a private one

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const { LOGGREGATOR_GATEWAY_URL: gateway = "", CF_TOKEN, PORT = "8000" } = process.env;
if (!URL.canParse(gateway)) {
  throw new Error(`LOGGREGATOR_GATEWAY_URL: expected the gateway's URL, got "${gateway}"`);
}

const folder = new URL("../../browser-tail/", import.meta.url);
const files = new Map([
  ["/", { type: "text/html; charset=utf-8", body: await readFile(new URL("index.html", folder)) }],
  ["/page.js", { type: "text/javascript", body: await bundle(new URL("page.ts", folder)) }],
]);

const server = createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url ?? "/", "http://this.server");
  const file = files.get(pathname);
  try {
    if (!isForThisServer(request)) response.writeHead(403).end();
    else if (file) response.writeHead(200, { "content-type": file.type }).end(file.body);
    else if (pathname === "/v2/read") await forward(`${gateway}/v2/read${search}`, response);
    else response.writeHead(404).end();
  } catch (error) {
    // A browser that has left is no failure.
    if (response.destroyed) return;
    console.error(error);
    if (!response.headersSent) response.writeHead(502);
    response.end();
  }
});
server.listen(Number(PORT), "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
console.log(`http://127.0.0.1:${port}`);

const stop = () => {
  server.close();
  server.closeAllConnections();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

/** Passes a stream on as it comes. When the browser closes it, so is the request to the gateway. */
async function forward(url: string, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const answer = await fetch(url, {
    headers: {
      accept: "text/event-stream",
      ...(CF_TOKEN && { authorization: `bearer ${CF_TOKEN.replace(/^bearer /i, "")}` }),
    },
    signal: left.signal,
  });
  const type = answer.headers.get("content-type") ?? "text/plain";
  response.writeHead(answer.status, { "content-type": type }).flushHeaders();
  if (answer.body) await pipeline(answer.body, response);
}

/** A site whose name leads to this address must not get at the stream through its visitors. */
function isForThisServer({ headers }: IncomingMessage): boolean {
  return headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`;
}

/** One file for browsers of a module and all that it imports. */
async function bundle(module: URL): Promise<string> {
  const build = await rolldown({ input: fileURLToPath(module), platform: "browser" });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  return output[0].code;
}
