import type { EventEmitter } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { formatHostPort, isLoopbackHost, onAbort } from "@loggregator/core";
import { type HttpProxy, openTunnel, proxyOfEnvironment } from "@loggregator/core/node";
import type { Address } from "../address.js";
import { TlsError } from "../errors.js";
import type { KeepaliveSettings } from "../session/keepalive.js";
import { Session } from "../session/session.js";
import { closedByServer, DialError, type DialStep, dialError } from "./dialError.js";
import { raceEndpoints } from "./raceEndpoints.js";
import { type Endpoint, resolveAddress } from "./resolveAddress.js";

/**
 * The idle time before the first TCP keepalive probe, in milliseconds. It is repeated ten times,
 * once per second.
 */
const tcpKeepaliveMs = 20_000;

/** The flow-control window of a connection in bytes. The window of each stream is an option. */
const connectionWindowBytes = 64 * 1024 * 1024;

/**
 * The maximum size of a frame from the server in bytes. With 16 KiB, the default of HTTP/2, a frame
 * and its header do not fit into one TLS record, so each frame is received in two pieces. This does
 * not affect memory use, because frames are processed piece by piece.
 */
const maxFrameBytes = 1024 * 1024;

/** The target of a connection, with its settings. */
export interface SessionTarget extends KeepaliveSettings {
  readonly address: Address;
  /** Undefined for plain text. */
  readonly secureContext: SecureContext | undefined;
  /** The name that the server's certificate must have. */
  readonly serverName: string;
  readonly readWindowBytes: number;
  /** True if the proxy named by the environment is used. */
  readonly useProxy: boolean;
  /** Called at the start of each step with its description. */
  readonly onStep: (step: string) => void;
}

/**
 * Opens a connection: resolves the name, connects, negotiates TLS, and starts HTTP/2 up to the
 * server's SETTINGS.
 *
 * @throws DialError if that failed; the signal's reason if it aborted.
 */
export async function openSession(target: SessionTarget, signal: AbortSignal): Promise<Session> {
  const proxy = proxyOf(target);
  if (proxy !== undefined) {
    const to = formatHostPort(target.address as { host: string; port: number });
    target.onStep("the proxy");
    const tunnel = await openTunnel(proxy, to, signal).catch((cause: Error) => {
      throw dialError("proxy", cause);
    });
    return secure(tunnel as Socket, target, signal);
  }
  target.onStep("the lookup of the host name");
  const endpoints = await resolveAddress(target.address, signal);
  const attempt = async (endpoint: Endpoint, signal: AbortSignal, onReached: () => void) => {
    target.onStep("the server to accept the connection");
    const socket = await openSocket(endpoint, signal);
    onReached();
    return secure(socket, target, signal);
  };
  try {
    return await raceEndpoints(endpoints, attempt, (session) => session.destroy(), signal);
  } catch (failures) {
    throw Array.isArray(failures) ? furthestFailure(failures) : failures;
  }
}

function proxyOf({ address, useProxy }: SessionTarget): HttpProxy | undefined {
  if (!useProxy || address.type === "unix" || isLoopbackHost(address.host)) {
    return undefined;
  }
  try {
    return proxyOfEnvironment(formatHostPort(address));
  } catch (cause) {
    throw dialError("proxy", cause as Error);
  }
}

async function openSocket(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({
    ...endpoint,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepaliveMs,
  });
  await settled(socket, socket, "connect", "connect", signal);
  return socket;
}

/** Starts TLS, unless the connection is plain text, and HTTP/2 on a connected socket. */
async function secure(
  socket: Socket,
  target: SessionTarget,
  signal: AbortSignal,
): Promise<Session> {
  const { secureContext } = target;
  const secured =
    secureContext === undefined ? socket : await startTls(socket, target, secureContext, signal);
  target.onStep("the server's HTTP/2 settings");
  const http2 = openHttp2(secured, target);
  await settled(http2, secured, "remoteSettings", "http2", signal);
  return new Session(http2, secured, target);
}

async function startTls(
  socket: Socket,
  target: SessionTarget,
  secureContext: SecureContext,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { serverName } = target;
  target.onStep("the TLS handshake");
  const tls = connectTls({
    socket,
    secureContext,
    ALPNProtocols: ["h2"],
    checkServerIdentity: (_, certificate) => wrongName(serverName, certificate),
    // Addresses are not allowed as server names (RFC 6066, section 3).
    ...(isIP(serverName) === 0 && { servername: serverName }),
  });
  await settled(tls, tls, "secureConnect", "tls", signal);
  if (tls.alpnProtocol !== "h2") {
    tls.destroy();
    throw new DialError("http2", "the server does not speak HTTP/2, so it is not a gRPC server");
  }
  return tls;
}

function openHttp2(
  socket: Socket,
  { readWindowBytes, secureContext }: SessionTarget,
): ClientHttp2Session {
  const scheme = secureContext === undefined ? "http" : "https";
  const http2 = connectHttp2(`${scheme}://loggregator`, {
    createConnection: () => socket,
    settings: {
      enablePush: false,
      initialWindowSize: readWindowBytes,
      maxFrameSize: maxFrameBytes,
    },
    // The queues above this layer are bounded, and the default limit of Node.js would break
    // connections with large messages.
    maxSessionMemory: 1_000,
  });
  http2.once("connect", () => {
    // Node.js always reads from the connection; each stream has its own window.
    if (!http2.destroyed) {
      http2.setLocalWindowSize(connectionWindowBytes);
    }
  });
  return http2;
}

/** Resolves with the event. On an earlier error or abort, destroys the socket and rejects. */
function settled(
  emitter: EventEmitter,
  socket: Socket,
  event: string,
  step: DialStep,
  signal: AbortSignal,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let error: Error | undefined;
    // The listener stays: a later error without one would be an uncaught exception.
    emitter.on("error", (cause) => {
      error ??= cause;
    });
    const removeAbort = onAbort(signal, () => socket.destroy());
    const onClose = () => {
      removeAbort();
      socket.destroy();
      reject(dialError(step, error ?? new DialError(step, closedByServer)));
    };
    // An HTTP/2 session does not end when TLS fails, for example because of an alert from the
    // server.
    const onSocketError = (cause: Error) => {
      error ??= cause;
      onClose();
    };
    socket.once("error", onSocketError);
    emitter.once("close", onClose);
    emitter.once(event, () => {
      removeAbort();
      socket.off("error", onSocketError);
      emitter.off("close", onClose);
      if (signal.aborted) {
        socket.destroy();
        reject(signal.reason);
      } else {
        resolve();
      }
    });
  });
}

function wrongName(name: string, certificate: PeerCertificate): TlsError | undefined {
  const cause = checkServerIdentity(name, certificate);
  if (cause === undefined) {
    return undefined;
  }
  const names = certificate.subjectaltname ?? `CN=${certificate.subject?.CN}`;
  const details = `the server's certificate is for "${names.slice(0, 200)}", not for "${name}"`;
  return new TlsError(details, undefined, { cause });
}

const order: readonly DialStep[] = ["lookup", "proxy", "connect", "tls", "http2"];

/**
 * Returns the error of the attempt that failed in the latest step. If all were refused, its message
 * lists all of them.
 */
function furthestFailure(failures: readonly unknown[]): unknown {
  const errors = failures.filter((failure): failure is DialError => failure instanceof DialError);
  const furthest = errors.reduce<DialError | undefined>(
    (best, error) =>
      best === undefined || order.indexOf(error.step) > order.indexOf(best.step) ? error : best,
    undefined,
  );
  if (furthest === undefined) {
    return failures[0];
  }
  if (furthest.step !== "connect" || errors.length === 1) {
    return furthest;
  }
  const message = errors.map((error) => error.message).join("; ");
  return new DialError("connect", message, { cause: furthest.cause });
}
