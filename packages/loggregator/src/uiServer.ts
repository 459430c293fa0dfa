import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { isCrossOrigin, isLocalHostHeader, type RequestOrigin } from "@loggregator/core";
import { CommandError } from "./errors.js";

/** Options of the page's server. */
export interface UiServerOptions {
  /** The gateway that the page shows: `http://host:port`. */
  readonly gatewayUrl: string;
  /** The token for the gateway. It is not sent to the page. */
  readonly token: string;
  /** The port on 127.0.0.1. Default: 0, a free one. */
  readonly port?: number | undefined;
}

/** A running server of the page. */
export interface UiServer extends AsyncDisposable {
  /** The URL for browsers. */
  readonly url: string;
  /** Ends all streams and frees the port. May be called more than once. */
  close(): Promise<void>;
}

// Found from `src` and from `dist`.
const folder = new URL("../dist/ui/", import.meta.url);

const files: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  "/": { name: "index.html", type: "text/html; charset=utf-8" },
  "/page.js": { name: "page.js", type: "text/javascript; charset=utf-8" },
  "/page.css": { name: "page.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { name: "icon.svg", type: "image/svg+xml" },
};

const securityHeaders = {
  // Allows only the page's own files, and no text as markup or script.
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves the page that shows a gateway's stream to browsers on this machine, and forwards the page's
 * requests to the gateway with the token. Pages of other origins are refused.
 *
 * @throws CommandError if it cannot listen on the port.
 */
export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const bodies = new Map<string, Buffer>();
  for (const { name } of Object.values(files)) {
    bodies.set(name, await readFile(new URL(name, folder)));
  }
  const server = createServer((incoming, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) {
      response.setHeader(name, value);
    }
    const [path = "", query = ""] = (incoming.url ?? "").split(/\?(.*)/s);
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (!isLocalHostHeader(incoming.headers.host)) {
      refuse(response, 403, "expected the host 127.0.0.1 or localhost");
    } else if (incoming.method !== "GET" && incoming.method !== "HEAD") {
      refuse(response, 405, "expected GET");
    } else if (file !== undefined) {
      response.setHeader("content-type", file.type);
      response.setHeader("cache-control", "no-cache");
      response.end(bodies.get(file.name));
    } else if (path !== "/v2/read") {
      refuse(response, 404, "not found");
    } else if (isCrossOrigin(requestOrigin(incoming))) {
      refuse(response, 403, "expected the page of this server");
    } else {
      forward(new URL(`/v2/read?${query}`, options.gatewayUrl), options.token, response);
    }
  });

  const { port: wanted = 0 } = options;
  try {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    throw new CommandError(
      `cannot serve the page on port ${wanted}: ${(cause as Error).message}; choose another port, or 0 for a free one`,
      { cause },
    );
  }
  const { port } = server.address() as AddressInfo;
  const closed = once(server, "close");
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}

/**
 * A page of another origin cannot read the answer, but its stream could consume the envelopes of a
 * shard.
 */
function requestOrigin({ headers }: IncomingMessage): RequestOrigin {
  const { host, origin } = headers;
  return { host, origin, fetchSite: headers["sec-fetch-site"] as string | undefined };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${message}\n`);
}

/** Forwards the gateway's answer as it arrives. If one side ends, so does the other. */
function forward(url: URL, token: string, response: ServerResponse): void {
  const headers = { accept: "text/event-stream", authorization: `bearer ${token}` };
  const outgoing = request(url, { headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, {
      "content-type": answer.headers["content-type"] ?? "text/plain",
      "cache-control": "no-store",
    });
    response.flushHeaders();
    pipeline(answer, response, () => {});
  });
  outgoing.on("error", (error) => {
    if (response.headersSent) {
      response.destroy();
    } else {
      refuse(response, 502, `cannot reach the gateway: ${error.message}`);
    }
  });
  response.once("close", () => outgoing.destroy());
  outgoing.end();
}
