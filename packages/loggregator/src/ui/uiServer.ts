import { randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isCrossOrigin, isLocalHostHeader, type RequestOrigin } from "@loggregator/core";
import { CommandError } from "../errors.js";
import type { EnvelopeHub } from "./envelopeHub.js";
import { type PagePosition, PageStream } from "./pageStream.js";

/** Options of the page's server. */
export interface UiServerOptions {
  /** The envelopes that the page shows. */
  readonly hub: EnvelopeHub;
  /** The name of their source, for the page. */
  readonly source: string;
  /** The key that the page needs to read envelopes. Default: none is needed. */
  readonly accessKey?: string | undefined;
  /** The port on 127.0.0.1; 0 for a free one. Default: 8089, or a free one if that is taken. */
  readonly port?: number | undefined;
}

/** A running server of the page. */
export interface UiServer extends AsyncDisposable {
  /** The URL for browsers. It contains the access key, in the part that is not sent to servers. */
  readonly url: string;
  /** Ends all streams and frees the port. May be called more than once. */
  close(): Promise<void>;
}

/** Next to the gateway's. */
const usualPort = 8089;

// Found from `src` and from `dist`.
const folder = new URL("../../dist/ui/", import.meta.url);

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
 * Serves the page and the hub's envelopes to browsers on this machine. Pages of other origins are
 * refused. The token of the source stays in this process.
 *
 * @throws CommandError if it cannot listen on the port.
 */
export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const { hub, source, accessKey } = options;
  const run = randomUUID();
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
    } else if (incoming.method !== "GET") {
      refuse(response, 405, "expected GET");
    } else if (file !== undefined) {
      response.setHeader("content-type", file.type);
      response.setHeader("cache-control", "no-cache");
      response.end(bodies.get(file.name));
    } else if (path !== "/envelopes") {
      refuse(response, 404, "not found");
    } else if (isCrossOrigin(requestOrigin(incoming))) {
      refuse(response, 403, "expected the page of this server");
    } else if (!hasKey(incoming, accessKey)) {
      refuse(response, 401, 'expected the key in the link that "loggregator ui" prints');
    } else {
      response.writeHead(200, {
        "content-type": "application/x-ndjson",
        "cache-control": "no-store",
      });
      new PageStream(hub, response, run, source, positionOf(query));
    }
  });

  if (options.port === undefined) {
    await listen(server, usualPort).catch(() => listen(server, 0));
  } else {
    await listen(server, options.port);
  }
  const { port } = server.address() as AddressInfo;
  const closed = once(server, "close");
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const fragment = accessKey === undefined ? "" : `/#key=${accessKey}`;
  return { url: `http://127.0.0.1:${port}${fragment}`, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    throw new CommandError(
      `cannot serve the page on port ${port}: ${(cause as Error).message}; choose another port, or 0 for a free one`,
      { cause },
    );
  }
}

/** A page of another origin cannot read the answer, but could keep this machine busy. */
function requestOrigin({ headers }: IncomingMessage): RequestOrigin {
  const { host, origin } = headers;
  return { host, origin, fetchSite: headers["sec-fetch-site"] as string | undefined };
}

/** Other users of this machine can connect to the port, but do not have the key. */
function hasKey({ headers }: IncomingMessage, accessKey: string | undefined): boolean {
  if (accessKey === undefined) {
    return true;
  }
  const given = Buffer.from(headers.authorization ?? "");
  const expected = Buffer.from(`bearer ${accessKey}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function positionOf(query: string): PagePosition | undefined {
  const params = new URLSearchParams(query);
  const run = params.get("run");
  const next = Number(params.get("next"));
  return run !== null && Number.isSafeInteger(next) && next >= 0 ? { run, next } : undefined;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${message}\n`);
}
