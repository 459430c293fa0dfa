// The server of both pages: serves a page to browsers on this machine, and forwards its requests to
// Cloud Foundry with the token, which the page never receives.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

export interface PageOptions {
  /** The folder with `index.html` and `page.ts`. */
  readonly folder: URL;
  /** Returns where a request of the page is forwarded to; undefined for an unknown path. */
  readonly targetOf: (path: string, search: string) => string | undefined;
  /** The media type of the answers, such as "application/json". */
  readonly accept: string;
  readonly token: string | undefined;
  readonly port: string;
}

/** Serves the page until the process receives SIGINT or SIGTERM, and prints its URL. */
export async function servePage({ folder, targetOf, accept, token, port }: PageOptions) {
  const html = await readFile(new URL("index.html", folder));
  const script = await bundle(new URL("page.ts", folder));
  const files = new Map([
    ["/", { type: "text/html; charset=utf-8", body: html }],
    ["/page.js", { type: "text/javascript", body: script }],
  ]);
  const headers = {
    accept,
    ...(token && { authorization: `bearer ${token.replace(/^bearer /i, "")}` }),
  };

  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://this.server");
    const file = files.get(pathname);
    const target = targetOf(pathname, search);
    try {
      if (!isForThisServer(request)) {
        response.writeHead(403).end();
      } else if (file) {
        response.writeHead(200, { "content-type": file.type }).end(file.body);
      } else if (target) {
        await forward(target, headers, response);
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
  server.listen(Number(port), "127.0.0.1");
  await once(server, "listening");
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

/** Forwards an answer as it arrives. If the browser cancels it, it is cancelled here too. */
async function forward(
  url: string,
  headers: Readonly<Record<string, string>>,
  response: ServerResponse,
): Promise<void> {
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  // The token must not follow a redirect to another server.
  const answer = await fetch(url, { headers, redirect: "manual", signal: closed.signal });
  const type = answer.headers.get("content-type") ?? "text/plain";
  response.writeHead(answer.status, { "content-type": type }).flushHeaders();
  if (answer.body) {
    await pipeline(answer.body, response);
  }
}

/** A site whose name resolves to this machine must not be able to read logs (DNS rebinding). */
function isForThisServer({ headers, socket }: IncomingMessage): boolean {
  const { localPort } = socket;
  return headers.host === `127.0.0.1:${localPort}` || headers.host === `localhost:${localPort}`;
}

/** Bundles a module and all that it imports into one file for browsers. */
async function bundle(module: URL): Promise<string> {
  const build = await rolldown({ input: fileURLToPath(module), platform: "browser" });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  return output[0].code;
}
