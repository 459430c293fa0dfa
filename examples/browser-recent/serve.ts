// Serves the page to browsers on this machine, and forwards its requests to log-cache. This is needed
// because log-cache does not permit pages of other origins (CORS). The token is added here, so the page
// never sees it. Press Ctrl-C to exit.
//
//   LOGGREGATOR_LOG_CACHE_URL  log-cache: https://log-cache.<system domain>
//   CF_TOKEN                   a token: "$(cf oauth-token)"
//   PORT                       default 8000

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const { LOGGREGATOR_LOG_CACHE_URL: logCache = "", CF_TOKEN, PORT = "8000" } = process.env;
if (!URL.canParse(logCache)) {
  throw new Error(`LOGGREGATOR_LOG_CACHE_URL must be log-cache's URL, got "${logCache}"`);
}

const folder = new URL("../../browser-recent/", import.meta.url);
const files = new Map([
  ["/", { type: "text/html; charset=utf-8", body: await readFile(new URL("index.html", folder)) }],
  ["/page.js", { type: "text/javascript", body: await bundle(new URL("page.ts", folder)) }],
]);

const server = createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url ?? "/", "http://this.server");
  const file = files.get(pathname);
  try {
    if (!isForThisServer(request)) {
      response.writeHead(403).end();
    } else if (file) {
      response.writeHead(200, { "content-type": file.type }).end(file.body);
    } else if (pathname.startsWith("/api/v1/")) {
      await forward(`${logCache}${pathname}${search}`, response);
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    // A browser that closed the connection is not a failure.
    if (response.destroyed) {
      return;
    }
    console.error(error);
    if (!response.headersSent) {
      response.writeHead(502);
    }
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

/** Forwards an answer. If the browser cancels the request, it is canceled here as well. */
async function forward(url: string, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const answer = await fetch(url, {
    headers: {
      accept: "application/json",
      ...(CF_TOKEN && { authorization: `bearer ${CF_TOKEN.replace(/^bearer /i, "")}` }),
    },
    // The token must not follow a redirect to another server.
    redirect: "manual",
    signal: left.signal,
  });
  const type = answer.headers.get("content-type") ?? "text/plain";
  response.writeHead(answer.status, { "content-type": type }).flushHeaders();
  if (answer.body) {
    await pipeline(answer.body, response);
  }
}

/** A site whose name resolves to this address must not read logs (DNS rebinding). */
function isForThisServer({ headers }: IncomingMessage): boolean {
  return headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`;
}

/** Bundles a module and all that it imports into one file for browsers. */
async function bundle(module: URL): Promise<string> {
  const build = await rolldown({ input: fileURLToPath(module), platform: "browser" });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  return output[0].code;
}
