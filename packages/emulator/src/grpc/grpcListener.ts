import { once } from "node:events";
import { createServer as createTcpServer, type Server as HttpServer } from "node:net";
import { ServerCredentials } from "@grpc/grpc-js";
import { createServer, type Server } from "nice-grpc";
import { Connections } from "../connections.js";
import { GrpcFaultSwitch, type GrpcFaults } from "../faults/grpcFaults.js";
import { hostName, type ListenAddress, listenError } from "../listenAddress.js";
import type { ServerTls } from "../tls/tls.js";
import { KeepaliveEnforcement, type PingPolicyOptions } from "./keepalive.js";
import { watchListening } from "./listeningServers.js";

/** One gRPC endpoint. */
export interface GrpcListener {
  /** `host:port`, with the port that it got. */
  readonly address: string;
  readonly faults: GrpcFaults;
  /** Stops listening and ends all connections; the calls on them end as UNAVAILABLE. */
  close(): Promise<void>;
}

/** As agent and router have it, from their source. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/**
 * Listens with mutual TLS.
 *
 * @param pings how often clients may send keepalive pings
 * @param addServices adds the services to the server, before it listens
 * @throws EmulatorStartError where it cannot listen at the address
 */
export async function listenGrpc(
  address: ListenAddress,
  tls: ServerTls,
  pings: PingPolicyOptions,
  addServices: (server: Server) => void,
): Promise<GrpcListener> {
  const { host, port } = address;
  const connections = new Connections();
  const faults = new GrpcFaultSwitch(connections);
  const keepalive = new KeepaliveEnforcement(pings);
  const server = createServer({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.enable_channelz": 0,
  })
    .use(keepalive.middleware)
    .use(faults.middleware);
  addServices(server);
  const credentials = ServerCredentials.createSsl(
    Buffer.from(tls.ca),
    [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }],
    true,
  );
  try {
    await tryListening(address);
    const listening: HttpServer[] = [];
    const bound = await watchListening(
      () => server.listen(`${host}:${port}`, credentials),
      (httpServer) => {
        listening.push(httpServer);
        connections.watch(httpServer);
        keepalive.watch(httpServer);
      },
    );
    return {
      address: `${host}:${bound}`,
      faults,
      async close() {
        const closed = listening.map((httpServer) => once(httpServer, "close"));
        // First, so that clients see a broken connection rather than cancelled calls. `shutdown`
        // would wait for ever for a session that is just being destroyed.
        connections.destroy();
        server.forceShutdown();
        await Promise.all(closed);
      },
    };
  } catch (cause) {
    // Somebody may have come between the trial and the listening; then it fails with the reason now.
    const reason = await tryListening(address).catch((error: unknown) => error);
    throw listenError(address, reason ?? cause);
  }
}

/** Fails as listening there fails. grpc-js would write the reason to stderr, and not pass it on. */
async function tryListening(address: ListenAddress): Promise<void> {
  const trial = createTcpServer();
  trial.listen({ host: hostName(address), port: address.port });
  await once(trial, "listening");
  trial.close();
  await once(trial, "close");
}
