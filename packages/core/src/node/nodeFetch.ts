import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import { Readable } from "node:stream";
import tls from "node:tls";
import type { Fetch, FetchInit, FetchResponse } from "../http/fetch.js";
import { withoutBrackets } from "../network/hostPort.js";
import { type Environment, proxyFor } from "../network/proxyFor.js";
import { checkOptionNames } from "../options/checkOptionNames.js";
import { escapeControls } from "../text/formatValue.js";
import { basicAuthorization } from "./basicAuthorization.js";

/** Options of `nodeFetch`. */
export interface NodeFetchOptions {
  /**
   * Certificates in PEM that are trusted in addition to those of Node.js.
   *
   * @default none
   */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * The client's certificate in PEM, for servers that require one.
   *
   * @default none
   */
  readonly cert?: string | undefined;
  /**
   * The private key of `cert` in PEM.
   *
   * @default none
   */
  readonly key?: string | undefined;
  /**
   * The environment variables that name the proxy.
   *
   * @default `process.env` at the time of a request
   */
  readonly env?: Environment | undefined;
}

/**
 * Creates a `fetch` for Node.js that uses the proxy named by `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`, and can trust additional certificate authorities. It never follows redirects.
 *
 * @throws OptionTypeError if the options are not an object, or contain an unknown name.
 */
export function nodeFetch(options: NodeFetchOptions = {}): Fetch {
  checkOptionNames<NodeFetchOptions>("options", options, {
    ca: true,
    cert: true,
    key: true,
    env: true,
  });
  const { ca, cert, key, env } = options;
  const trust: tls.SecureContextOptions = {
    ...(ca !== undefined && { ca: [...tls.rootCertificates, ...[ca].flat()] }),
    ...(cert !== undefined && { cert, key }),
  };
  return async (address, init) => {
    const url = new URL(address);
    const proxy = proxyFor(url, env ?? process.env);
    if (proxy === undefined) {
      return toFetchResponse(await sendDirectly(url, init, trust));
    }
    const response =
      url.protocol === "https:"
        ? await sendThroughTunnel(url, init, trust, proxy)
        : await sendToProxy(url, init, proxy);
    return toFetchResponse(response);
  };
}

function sendDirectly(
  url: URL,
  init: FetchInit,
  trust: tls.SecureContextOptions,
): Promise<IncomingMessage> {
  const options = requestOptions(init);
  if (url.protocol === "http:") {
    return send(http.request(url, options), init);
  }
  return send(https.request(url, { ...options, ...trust }), init);
}

/** For plain http, the proxy receives the request itself. */
async function sendToProxy(url: URL, init: FetchInit, proxy: URL): Promise<IncomingMessage> {
  const options = requestOptions(init);
  const headers = { ...options.headers, ...authorization(proxy), Host: url.host };
  try {
    return await send(requestTo(proxy, { ...options, headers, path: url.href }), init);
  } catch (cause) {
    throw proxyFailure(proxy, cause);
  }
}

async function sendThroughTunnel(
  url: URL,
  init: FetchInit,
  trust: tls.SecureContextOptions,
  proxy: URL,
): Promise<IncomingMessage> {
  const socket = await openTunnel(url, init, proxy);
  if (init.signal.aborted) {
    socket.destroy();
    throw init.signal.reason;
  }
  const host = withoutBrackets(url.hostname);
  const createConnection = () =>
    tls.connect({ socket, host, ...(isIP(host) === 0 && { servername: host }), ...trust });
  return send(https.request(url, { ...requestOptions(init), createConnection }), init);
}

/** Opens a connection to the server through the proxy. */
function openTunnel(url: URL, { signal }: FetchInit, proxy: URL): Promise<Socket> {
  const authority = `${url.hostname}:${url.port || 443}`;
  return new Promise((resolve, reject) => {
    const headers = { ...authorization(proxy), Host: authority };
    const request = requestTo(proxy, { method: "CONNECT", path: authority, headers, signal });
    request.on("error", (cause) => reject(proxyFailure(proxy, cause)));
    request.on("connect", (response, socket: Socket) => {
      if (response.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(refusal(proxy, authority, response));
    });
    request.end();
  });
}

function requestTo(proxy: URL, options: RequestOptions): ClientRequest {
  const { request } = proxy.protocol === "https:" ? https : http;
  const port = proxy.port || (proxy.protocol === "https:" ? 443 : 80);
  return request({ ...options, agent: false, host: withoutBrackets(proxy.hostname), port });
}

function requestOptions({ method = "GET", headers, cache, body, signal }: FetchInit) {
  const all: Record<string, string> = { ...headers };
  if (cache === "no-store") {
    all["Cache-Control"] = "no-cache";
    all["Pragma"] = "no-cache";
  }
  if (body instanceof URLSearchParams) {
    all["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8";
    all["Content-Length"] = String(Buffer.byteLength(String(body)));
  } else if (body !== undefined) {
    all["Content-Length"] = String(body.length);
  }
  return { method, signal, headers: all };
}

function send(request: ClientRequest, { body }: FetchInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", resolve);
    request.end(body instanceof URLSearchParams ? String(body) : body);
  });
}

function toFetchResponse(response: IncomingMessage): FetchResponse {
  return {
    status: response.statusCode ?? 0,
    headers: {
      get(name) {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    body: Readable.toWeb(response),
  };
}

function authorization(proxy: URL): Record<string, string> {
  const credentials = basicAuthorization(proxy);
  return credentials === undefined ? {} : { "Proxy-Authorization": credentials };
}

function refusal(proxy: URL, authority: string, { statusCode, statusMessage }: IncomingMessage) {
  const advice =
    statusCode === 407
      ? "Set a user and password in HTTPS_PROXY, as in http://user:password@host:port"
      : "Check HTTPS_PROXY and whether the proxy permits this host, or list the host in NO_PROXY";
  const answer = `${statusCode} ${escapeControls((statusMessage ?? "").slice(0, 60))}`.trim();
  return proxyError(
    `the proxy ${proxy.origin} refused a connection to ${authority}: ${answer}. ${advice}`,
  );
}

function proxyFailure(proxy: URL, cause: unknown): Error {
  const { message, code } = cause as NodeJS.ErrnoException;
  return proxyError(
    `cannot connect to the proxy ${proxy.origin}: ${message || code}. Check HTTPS_PROXY and HTTP_PROXY, or list the host in NO_PROXY`,
    { cause },
  );
}

/** Creates an error whose code distinguishes it from a failure of the server. */
function proxyError(message: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), { code: "ERR_PROXY" });
}
