import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onAbort } from "#onAbort";
import { formatHostPort, withoutBrackets } from "../network/hostPort.js";
import { type Environment, proxyFor } from "../network/proxyFor.js";
import { basicAuthorization } from "./basicAuthorization.js";

/** The maximum size of a proxy's response header, in bytes. */
const maxAnswerBytes = 16 * 1024;

/**
 * Thrown if the proxy of the environment cannot be used. The message contains the reason and a
 * remedy.
 */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/** A connected `Socket` of `node:net`, declared without the types of Node.js. */
export interface TunnelSocket {
  /** Closes the connection. */
  destroy(error?: Error): unknown;
}

/** A proxy of the environment. */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  /** The `Proxy-Authorization` header, if the URL has a user. */
  readonly authorization: string | undefined;
}

/**
 * Returns the proxy that the environment names for connections to `target`, which is `host:port`.
 *
 * @throws ProxyError if the variable is not an http:// URL. The message does not show the value, as
 * it may contain a password.
 */
export function proxyOfEnvironment(
  target: string,
  env: Environment = process.env,
): HttpProxy | undefined {
  const url = urlOfEnvironment(target, env);
  if (url === undefined) {
    return undefined;
  }
  if (url.protocol !== "http:" || url.hostname === "") {
    throw unusableProxy();
  }
  return {
    host: withoutBrackets(url.hostname),
    port: Number(url.port || 80),
    authorization: basicAuthorization(url),
  };
}

function urlOfEnvironment(target: string, env: Environment): URL | undefined {
  try {
    return proxyFor(new URL(`https://${target}`), env);
  } catch (cause) {
    throw unusableProxy({ cause });
  }
}

function unusableProxy(options?: ErrorOptions): ProxyError {
  return new ProxyError(
    "the proxy in the environment (https_proxy) must be an http:// URL; correct it, or list the server in no_proxy",
    options,
  );
}

/**
 * Opens a connection to `target` through an HTTP proxy, with CONNECT (RFC 9110, 9.3.6).
 *
 * @param target `host:port`.
 * @throws ProxyError with the proxy's address, its response and a remedy.
 */
export async function openTunnel(
  { host, port, authorization }: HttpProxy,
  target: string,
  signal: AbortSignal,
): Promise<TunnelSocket> {
  const name = formatHostPort({ host, port });
  const socket = connect({ host, port, noDelay: true });
  const removeAbort = onAbort(signal, () => socket.destroy());
  try {
    await once(socket, "connect");
    const credentials =
      authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`);
    const answer = await readHead(socket);
    const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(answer) ?? [];
    if (status?.startsWith("2")) {
      return socket;
    }
    throw new Error(refusal(status, answer));
  } catch (cause) {
    socket.destroy();
    throw new ProxyError(
      `the proxy ${name} (https_proxy) cannot be used: ${(cause as Error).message}. Correct the proxy, or list the server in no_proxy`,
      { cause },
    );
  } finally {
    removeAbort();
  }
}

function refusal(status: string | undefined, answer: string): string {
  if (status === undefined) {
    return "it did not respond like an HTTP proxy";
  }
  const [, reason = ""] = /^\S+ \d{3} ([ -~]{0,60})/.exec(answer) ?? [];
  const hint = status === "407" ? " because it requires a user and a password" : "";
  return `it refused the connection with HTTP status ${`${status} ${reason}`.trim()}${hint}`;
}

/** Reads up to the empty line. The bytes after it stay in the socket. */
async function readHead(socket: Socket): Promise<string> {
  let head = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) {
        throw new Error("it closed the connection");
      }
      await nextEvent(socket);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end >= 0) {
      if (head.length > end + 4) {
        socket.unshift(head.subarray(end + 4));
      }
      return head.subarray(0, end).toString("latin1");
    }
    if (head.length > maxAnswerBytes) {
      throw new Error("its response header is too long");
    }
  }
}

function nextEvent(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      for (const event of ["readable", "end", "close"]) {
        socket.off(event, onEvent);
      }
      socket.off("error", settle);
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    };
    const onEvent = () => settle();
    for (const event of ["readable", "end", "close"]) {
      socket.once(event, onEvent);
    }
    socket.once("error", settle);
  });
}
