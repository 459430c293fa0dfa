import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { formatHostPort, isLoopbackHost, isOptionError, linkedTimeout } from "@loggregator/core";
import { openTunnel, ProxyError, proxyOfEnvironment } from "@loggregator/core/node";
import { DrainSendError, type DrainSendReason } from "./errors.js";
import type { DrainSenderTls } from "./options.js";
import type { DrainTarget } from "./parseDrainUrl.js";

const keepAliveMs = 20_000;

export interface DialOptions {
  readonly target: DrainTarget;
  readonly tls: () => Promise<DrainSenderTls>;
  readonly connectTimeoutMs: number;
}

/**
 * Opens a connection to a receiver, through the proxy of the environment, if one is set, and with
 * TLS if the URL's scheme requires it.
 *
 * @throws DrainSendError with the step that failed; the signal's reason if that aborts.
 */
export async function dial(options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { target, tls, connectTimeoutMs } = options;
  const { name } = target;
  const attempt = linkedTimeout(
    connectTimeoutMs,
    () => new DrainSendError("connection", `${name}: no connection within ${connectTimeoutMs} ms`),
    signal,
  );
  let step: DrainSendReason = "connection";
  try {
    const socket = await openSocket(target, attempt.signal);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    if (!target.tls) {
      return socket;
    }
    step = "tls";
    try {
      return await secure(socket, target, await tls(), attempt.signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  } catch (cause) {
    if (attempt.signal.aborted) {
      throw attempt.signal.reason;
    }
    const reason = cause instanceof ProxyError ? "proxy" : step;
    throw new DrainSendError(reason, `${name}: ${describe(cause as Error, reason)}`, { cause });
  } finally {
    attempt.abort();
  }
}

async function openSocket({ host, port }: DrainTarget, signal: AbortSignal): Promise<Socket> {
  const address = formatHostPort({ host, port });
  const proxy = isLoopbackHost(host) ? undefined : proxyOfEnvironment(address);
  if (proxy !== undefined) {
    return (await openTunnel(proxy, address, signal)) as Socket;
  }
  const socket = connectTcp({ host, port });
  await opened(socket, "connect", signal);
  return socket;
}

async function secure(
  socket: Socket,
  target: DrainTarget,
  tls: DrainSenderTls,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = connectTls({ socket, ...tlsOptions(target, tls) });
  await opened(secured, "secureConnect", signal);
  return secured;
}

/** Returns the options for TLS on a connection to a receiver. */
export function tlsOptions(
  target: DrainTarget,
  { ca, cert, key, serverName }: DrainSenderTls,
): ConnectionOptions {
  const name = serverName ?? target.host;
  return {
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    minVersion: "TLSv1.2",
    ...(target.transport === "http" && { ALPNProtocols: ["http/1.1"] }),
    ...({ ca, cert, key } as ConnectionOptions),
  };
}

/** Resolves once a socket is open, and rejects and destroys it otherwise. */
function opened(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      socket.off(event, onOpen).off("error", settle).off("close", onClose);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) {
        resolve();
        return;
      }
      // Without a listener, a later error would end the process.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const onOpen = () => settle();
    const onClose = () => settle(new Error("the connection was closed"));
    const onAbort = () => settle(signal.reason);
    socket.once(event, onOpen).once("error", settle).once("close", onClose);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) {
      onAbort();
    }
  });
}

function describe(cause: Error, reason: DrainSendReason): string {
  if (reason === "proxy" || isOptionError(cause)) {
    return cause.message;
  }
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const [, advice] = advices.find(([codes]) => codes.test(code)) ?? [];
  // Several addresses were tried.
  const text = message || (cause as AggregateError).errors?.map(String).join(", ") || code;
  return `${text}${advice === undefined ? "" : `. ${advice}`}`;
}

const advices: readonly (readonly [RegExp, string])[] = [
  [/^ENOTFOUND|EAI_AGAIN/, "Check the host name of the drain"],
  [/^ECONNREFUSED/, "Is the receiver running and listening on this port?"],
  [/WRONG_VERSION_NUMBER|EPROTO/, "Does the receiver use TLS?"],
  [/EXPIRED/, "Renew the receiver's certificate"],
  [/ALTNAME/, "Use a name of the receiver that is in its certificate"],
  [
    /UNABLE_TO|SELF_SIGNED/,
    "Pass its authority in tls.ca, or have the receiver send its intermediate certificates",
  ],
];
