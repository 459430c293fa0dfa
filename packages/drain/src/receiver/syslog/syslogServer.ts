import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import {
  checkOptionNames,
  errorText,
  formatHostPort,
  OptionTypeError,
  oneOf,
  StallTimer,
} from "@loggregator/core";
import type { Framing } from "@loggregator/rfc5424";
import type { DrainBinding } from "../drainMessage.js";
import { DrainReceiverError } from "../errors.js";
import { peerCertificate } from "../peerCertificate.js";
import type { Intake } from "../queue/intake.js";
import { SyslogConnection } from "./syslogConnection.js";

/** Options of `listenTcp`. */
export interface ListenTcpOptions {
  /** The port to listen on. @default 0, a free port */
  readonly port?: number | undefined;
  /** The host name or address to listen on. @default all addresses of the machine */
  readonly host?: string | undefined;
  /**
   * The framing of messages. Cloud Foundry's agent counts octets; `"auto"` accepts lines as well.
   * Set it if all senders use the same framing.
   *
   * @default "auto"
   */
  readonly framing?: Framing | undefined;
}

/** Certificates of a TLS server, PEM. */
export interface ReceiverTls {
  /** The server's certificate, followed by intermediate certificates. */
  readonly cert: string | Uint8Array;
  /** The private key of `cert`, as PEM. */
  readonly key: string | Uint8Array;
  /**
   * The authorities that issue client certificates. If it is set, clients must have one.
   *
   * @default none: clients need no certificate
   */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
}

/** Options of `listenTls`. */
export interface ListenTlsOptions extends ListenTcpOptions, ReceiverTls {}

/** A server for `syslog` or `syslog-tls` drains. */
export interface SyslogServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** Replaces the certificates for new connections. For TLS servers only. */
  setTls(tls: ReceiverTls): void;
  /**
   * Stops listening, ends all connections, and reads until senders end them too, for at most
   * `closeTimeoutMs`.
   */
  close(): Promise<void>;
}

/** @throws OptionTypeError for an invalid option; the error of Node.js if it cannot listen. */
export async function listenSyslog(
  intake: Intake,
  options: ListenTcpOptions,
  tls?: ReceiverTls,
): Promise<SyslogServer> {
  checkOptionNames<ListenTlsOptions>("options", options, {
    port: true,
    host: true,
    framing: true,
    ...(tls && { cert: true, key: true, ca: true }),
  } as never);
  const { port = 0, host, framing = "auto" } = options;
  oneOf("framing", framing, ["auto", "octet-counting", "newline"]);
  const { credentials, receiveTimeoutMs, maxConnections } = intake.settings;
  if ((credentials.needsCertificate || credentials.needsHeader) && tls?.ca === undefined) {
    throw new OptionTypeError(
      tls === undefined ? "auth" : "ca",
      "set, so that clients must have certificates: syslog has no user and password",
      "undefined",
      tls === undefined
        ? "auth does not work over TCP without TLS: use listenTls with ca, or another receiver"
        : undefined,
    );
  }
  const transport = tls === undefined ? "syslog" : "syslog-tls";
  const accept = (socket: Socket) => {
    const certificate = peerCertificate(socket);
    const { remoteAddress } = socket;
    const binding: DrainBinding = { transport, remoteAddress, certificate };
    if (!credentials.acceptsCertificate(certificate)) {
      socket.on("error", () => {});
      socket.destroy();
      const text = "the client certificate is not accepted";
      intake.reports.addRefused(new DrainReceiverError("certificate", text), binding);
      return;
    }
    new SyslogConnection(intake, socket, binding, framing);
  };
  const server =
    tls === undefined
      ? createServer(accept)
      : createTlsServer(
          {
            ...contextOf(tls),
            requestCert: tls.ca !== undefined,
            rejectUnauthorized: tls.ca !== undefined,
            handshakeTimeout: receiveTimeoutMs,
          } as TlsOptions,
          accept,
        );
  server.maxConnections = maxConnections;
  server.on("drop", (peer) => {
    const text = `the limit of ${maxConnections} connections (maxConnections) is reached`;
    const remoteAddress = (peer as { remoteAddress?: string } | undefined)?.remoteAddress;
    intake.reports.addRefused(new DrainReceiverError("overload", text), {
      transport,
      remoteAddress,
    });
  });
  server.on("tlsClientError", (cause: Error, socket: TLSSocket) => {
    const { remoteAddress, authorizationError } = socket;
    const text = `the TLS handshake failed: ${
      authorizationError ? `client certificate: ${authorizationError}` : errorText(cause)
    }`;
    const error = new DrainReceiverError("handshake", text, { cause });
    intake.reports.addRefused(error, { transport, remoteAddress });
    // After a timeout, Node.js does not destroy the socket.
    socket.destroy();
  });
  return RunningServer.start(server, intake, { port, host });
}

function contextOf({ cert, key, ca }: ReceiverTls): TlsOptions {
  return { cert, key, ca, minVersion: "TLSv1.2" } as TlsOptions;
}

class RunningServer implements SyslogServer {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #closeTimeoutMs: number;
  #closed: Promise<void> | undefined;

  static async start(
    server: Server,
    intake: Intake,
    { port, host }: { readonly port: number; readonly host: string | undefined },
  ): Promise<RunningServer> {
    const sockets = new Set<Socket>();
    const track = (socket: Socket) => {
      intake.connections++;
      sockets.add(socket);
      socket.once("close", () => {
        intake.connections--;
        sockets.delete(socket);
      });
    };
    // A TLS server wraps the connection: the wrapped sockets are ended in order.
    server.on("setContext" in server ? "secureConnection" : "connection", track);
    server.listen({ port, host });
    await once(server, "listening");
    return new RunningServer(server, sockets, intake.settings.closeTimeoutMs);
  }

  private constructor(server: Server, sockets: Set<Socket>, closeTimeoutMs: number) {
    const { address, port } = server.address() as AddressInfo;
    this.host = address;
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  get address(): string {
    return formatHostPort(this);
  }

  setTls(tls: ReceiverTls): void {
    if (!("setSecureContext" in this.#server)) {
      throw new TypeError("setTls() is for servers that listenTls has started");
    }
    (this.#server as ReturnType<typeof createTlsServer>).setSecureContext(contextOf(tls));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Destroys all connections. */
  destroy(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.end();
    }
    const timeout = new StallTimer(this.#closeTimeoutMs, () => {
      for (const socket of this.#sockets) {
        socket.destroy();
      }
    });
    timeout.start();
    await closed;
    // A TLS server is closed before its sockets are.
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
    timeout.stop();
  }
}
