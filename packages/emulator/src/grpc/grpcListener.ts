import { once } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import { createRequire } from "node:module";
import type { Server as HttpServer, Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { ServerCredentials } from "@grpc/grpc-js";
import { formatHostPort } from "@loggregator/core";
import { createServer, type Server } from "nice-grpc";
import { GrpcFaultSwitch } from "../faults/grpcFaults.js";
import { Connections } from "../network/connections.js";
import {
  boundAddress,
  type ListenAddress,
  listenError,
  tryListening,
} from "../network/listenAddress.js";
import type { ServerTls } from "../tls/emulatorTls.js";
import { secureContextOptions } from "../tls/secureContextOptions.js";
import { sendClientAlerts } from "../tls/sendClientAlerts.js";
import { answerAsGo, type Methods } from "./answerAsGo.js";
import { divertHttp1 } from "./divertHttp1.js";
import { KeepaliveEnforcement, type PingPolicyOptions } from "./keepalive.js";
import { watchListening } from "./watchListening.js";

/**
 * Credentials of the copy of grpc-js that nice-grpc imports, the only ones that its servers accept. A
 * program may have several copies.
 */
const Credentials = createRequire(createRequire(import.meta.url).resolve("nice-grpc"))(
  "@grpc/grpc-js",
).ServerCredentials as typeof ServerCredentials;

/** One gRPC endpoint. */
export interface GrpcListener {
  /** `host:port`, with the actual port. */
  readonly address: string;
  readonly faults: GrpcFaultSwitch;
  /** Stops listening and ends all connections; the calls on them end as UNAVAILABLE. */
  close(): Promise<void>;
  /** Resets open and new connections, as if nothing were listening. */
  stop(): void;
  /** Waits for unary calls to end, closes the connections, and resets new ones. */
  stopGracefully(): void;
  /** Accepts connections again. */
  start(): void;
}

export interface GrpcListenOptions {
  readonly address: ListenAddress;
  /** The server's side of mutual TLS. Without it, connections are plain text. */
  readonly tls?: ServerTls | undefined;
  /** The limit for keepalive pings of clients. */
  readonly pings: PingPolicyOptions;
  readonly methods: Methods;
  /**
   * The largest message that is accepted, in bytes.
   *
   * @default 10 MiB, as in the source of agent, router and RLP
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Whether requests may be compressed by gzip.
   *
   * @default false, as in agent, router and RLP
   */
  readonly acceptsGzip?: boolean | undefined;
  /** Receives plain-text connections that are not HTTP/2; otherwise they end. */
  readonly onHttp1?: ((socket: Socket) => void) | undefined;
  /** Adds the services to the server before it listens. */
  readonly addServices: (server: Server) => void;
}

/**
 * Listens with mutual TLS, or for plain text.
 *
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function listenGrpc(options: GrpcListenOptions): Promise<GrpcListener> {
  const { address } = options;
  const listener = new RunningListener(options);
  try {
    // grpc-js would write the reason of a failure to stderr instead of passing it on.
    await tryListening(address);
    await listener.listen();
    return listener;
  } catch (cause) {
    // The port may have been taken between the trial and listening: get the current error.
    const reason = await tryListening(address).catch((error: unknown) => error);
    throw listenError(address, reason ?? cause);
  }
}

class RunningListener implements GrpcListener {
  address = "";
  readonly faults: GrpcFaultSwitch;
  readonly #options: GrpcListenOptions;
  readonly #connections = new Connections();
  readonly #keepalive: KeepaliveEnforcement;
  readonly #server: Server;
  readonly #httpServers: HttpServer[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: GrpcListenOptions) {
    const { pings, addServices, maxMessageBytes = 10 * 1024 * 1024 } = options;
    this.#options = options;
    this.faults = new GrpcFaultSwitch(this.#connections);
    this.#keepalive = new KeepaliveEnforcement(pings);
    this.#server = createServer({
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": -1,
      "grpc.enable_channelz": 0,
    })
      .use(this.#keepalive.middleware)
      .use(this.faults.middleware);
    addServices(this.#server);
  }

  async listen(): Promise<void> {
    const { address, tls } = this.#options;
    const port = await watchListening(
      () => this.#server.listen(formatHostPort(address), credentialsOf(tls)),
      (httpServer) => this.#watch(httpServer),
    );
    this.address = boundAddress(address, port);
  }

  async close(): Promise<void> {
    const closed = this.#httpServers
      .filter((httpServer) => httpServer.listening)
      .map((httpServer) => once(httpServer, "close"));
    // First, so that clients see a broken connection rather than cancelled calls. `shutdown` would
    // wait forever for a session that is being destroyed.
    this.#connections.destroy();
    this.#server.forceShutdown();
    await Promise.all(closed);
  }

  stop(): void {
    this.#connections.refuse();
    this.#connections.destroy();
  }

  stopGracefully(): void {
    this.#connections.refuse();
    for (const session of this.#sessions) {
      session.close();
    }
  }

  start(): void {
    this.#connections.accept();
  }

  /** Prepares a server of Node.js beneath that of gRPC. */
  #watch(httpServer: HttpServer): void {
    const { tls, onHttp1, methods, acceptsGzip = false } = this.#options;
    this.#httpServers.push(httpServer);
    if (tls !== undefined) {
      (httpServer as TlsServer).setSecureContext({ ...tls, ...secureContextOptions });
      sendClientAlerts(httpServer as TlsServer);
    } else if (onHttp1 !== undefined) {
      divertHttp1(httpServer, onHttp1);
    }
    this.#connections.watch(httpServer);
    this.#keepalive.watch(httpServer);
    answerAsGo(httpServer, methods, acceptsGzip);
    httpServer.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
  }
}

function credentialsOf(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) {
    return Credentials.createInsecure();
  }
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  return Credentials.createSsl(Buffer.from(tls.ca), [pair], true);
}
