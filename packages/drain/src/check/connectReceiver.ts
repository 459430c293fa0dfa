import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, rootCertificates, type TLSSocket } from "node:tls";
import { formatHostPort, isLoopbackHost, linkedTimeout } from "@loggregator/core";
import { openTunnel, type ProxyError, proxyOfEnvironment } from "@loggregator/core/node";
import { tlsOptions } from "../sender/dial.js";
import type { DrainSenderTls } from "../sender/options.js";
import type { DrainTarget } from "../sender/parseDrainUrl.js";
import {
  type CheckedCertificate,
  chainOf,
  checkChain,
  describeCertificate,
} from "./certificateChain.js";
import { DrainCheckFailure, type DrainProblem } from "./drainCheckFailure.js";
import { settled } from "./settled.js";

/** The time in which a server may reject a client after the handshake, in milliseconds. */
const rejectionMs = 300;

/** Resolves the host of a receiver. */
export async function resolveReceiver({ host }: DrainTarget): Promise<readonly string[]> {
  if (isIP(host) !== 0) {
    return [host];
  }
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new DrainCheckFailure(
      "name-not-found",
      `the host name ${host} is not found (${(cause as NodeJS.ErrnoException).code})`,
      "correct the host in the URL of the drain, or add the name to the DNS",
      { cause },
    );
  }
}

/** Opens a TCP connection, through the proxy of the environment, if one is set. */
export async function connectReceiver(
  { host, port }: DrainTarget,
  timeoutMs: number,
): Promise<Socket> {
  const address = formatHostPort({ host, port });
  const limit = linkedTimeout(timeoutMs, () => new Error("timeout"));
  try {
    const proxy = isLoopbackHost(host) ? undefined : proxyOfEnvironment(address);
    if (proxy !== undefined) {
      return (await openTunnel(proxy, address, limit.signal)) as Socket;
    }
  } catch (cause) {
    const { message } = cause as ProxyError;
    throw new DrainCheckFailure("proxy", message, "correct HTTPS_PROXY or NO_PROXY", { cause });
  } finally {
    limit.abort();
  }
  const socket = connectTcp({ host, port });
  const result = await settled(socket, "connect", timeoutMs);
  if (result === "connect") {
    return socket;
  }
  socket.destroy();
  if (result === "timeout") {
    throw new DrainCheckFailure(
      "timeout",
      `${address} does not answer within ${timeoutMs} ms`,
      "check the address, and that firewalls and security groups permit the port",
    );
  }
  const code = result instanceof Error ? codeOf(result) : "closed";
  if (code === "ECONNREFUSED") {
    const text = `no server listens on ${address}`;
    throw new DrainCheckFailure(
      "connection-refused",
      text,
      "start the receiver, or correct the port",
    );
  }
  throw new DrainCheckFailure(
    "unreachable",
    `${address} cannot be reached: ${code}`,
    "check the address, and the network between this machine and the receiver",
  );
}

/** The properties of a TLS connection. */
export interface CheckedTls {
  readonly socket: TLSSocket;
  readonly protocol: string;
  readonly chain: readonly CheckedCertificate[];
  readonly warnings: readonly DrainProblem[];
}

/**
 * Opens TLS on a connection, and checks the certificates of the server.
 *
 * @throws DrainCheckFailure with the first problem.
 */
export async function secureReceiver(
  socket: Socket,
  target: DrainTarget,
  tls: DrainSenderTls,
  timeoutMs: number,
): Promise<CheckedTls> {
  const { ca, serverName: name = target.host } = tls;
  const authorities = ca && { ca: [...rootCertificates, ...[ca].flat()] };
  const secured = connectTls({
    socket,
    ...tlsOptions(target, { ...tls, ...authorities }),
    // Verification errors are handled below, so that the chain is always shown.
    rejectUnauthorized: false,
  });
  const result = await settled(secured, "secureConnect", timeoutMs);
  if (result !== "secureConnect") {
    secured.destroy();
    throw handshakeFailure(result, timeoutMs);
  }
  try {
    const chain = chainOf(secured);
    const verifyError = secured.authorized ? undefined : codeText(secured.authorizationError);
    // The name is checked below, with a better message.
    const error = verifyError === "ERR_TLS_CERT_ALTNAME_INVALID" ? undefined : verifyError;
    const warnings = checkChain(chain, name, error);
    // With TLS 1.3, a server rejects a client only after the client has completed the handshake.
    const rejection = await settled(secured, "data", rejectionMs);
    if (rejection instanceof Error) {
      throw handshakeFailure(rejection, timeoutMs);
    }
    return {
      socket: secured,
      protocol: secured.getProtocol() ?? "TLS",
      chain: chain.map(describeCertificate),
      warnings,
    };
  } catch (error) {
    secured.destroy();
    throw error;
  }
}

function handshakeFailure(result: Error | string, timeoutMs: number): DrainCheckFailure {
  const code = result instanceof Error ? codeOf(result) : result;
  if (
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|ALERT_HANDSHAKE_FAILURE|CERTIFICATE_EXPIRED/.test(
      code,
    )
  ) {
    return new DrainCheckFailure(
      "client-certificate",
      `the server requires a client certificate that it accepts (${code})`,
      "put cert and key into the credentials of the user-provided service; pass them with --cert and --key to check the rest",
    );
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|HTTP_REQUEST/.test(code)) {
    return new DrainCheckFailure(
      "plain-text",
      "the server speaks plain text, but the URL's scheme means TLS",
      "use the scheme without TLS (syslog, http or http-batch), or have the receiver use TLS",
    );
  }
  if (code === "timeout") {
    return new DrainCheckFailure(
      "plain-text",
      `the server does not answer the TLS handshake within ${timeoutMs} ms: it probably speaks plain text`,
      "use the scheme without TLS (syslog, http or http-batch), or have the receiver use TLS",
    );
  }
  if (/^(closed|ECONNRESET|EPIPE)$/.test(code)) {
    return new DrainCheckFailure(
      "closed",
      "the server closes the connection during the TLS handshake",
      "check the receiver's log; it may speak plain text, or permit other addresses only",
    );
  }
  return new DrainCheckFailure(
    "tls",
    `the TLS handshake fails: ${code}`,
    "have the receiver use TLS 1.2 or 1.3 with a common cipher suite",
  );
}

/** Returns whether a server answers a TLS handshake, with any certificate. */
export async function speaksTls(target: DrainTarget, timeoutMs: number): Promise<boolean> {
  const socket = await connectReceiver(target, timeoutMs);
  const secured = connectTls({ socket, rejectUnauthorized: false });
  const result = await settled(secured, "secureConnect", timeoutMs);
  secured.destroy();
  return result === "secureConnect" || (result instanceof Error && /ALERT/.test(codeOf(result)));
}

export function codeOf(error: Error): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: Error[] };
  return code ?? (errors?.[0] === undefined ? message : codeOf(errors[0]));
}

/** Returns the code of OpenSSL, which Node.js passes as an Error. */
function codeText(error: unknown): string {
  return typeof error === "string" ? error : ((error as { code?: string }).code ?? String(error));
}
