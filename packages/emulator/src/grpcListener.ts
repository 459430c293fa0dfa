import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { ServerCredentials } from "@grpc/grpc-js";
import { createServer, type Server } from "nice-grpc";
import { Connections } from "./connections.js";
import { EmulatorStartError } from "./errors.js";
import type { ListenAddress } from "./listenAddress.js";
import type { ServerTls } from "./tls.js";

/** One gRPC endpoint. */
export interface GrpcListener {
  /** `host:port`, with the port that it got. */
  readonly address: string;
  /** Stops listening and ends all connections; the calls on them end as UNAVAILABLE. */
  close(): Promise<void>;
}

/** As agent and router have it, from their source. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/**
 * Listens with mutual TLS.
 *
 * @param addServices adds the services to the server, before it listens
 * @throws EmulatorStartError where it cannot listen at the address
 */
export async function listenGrpc(
  { host, port }: ListenAddress,
  tls: ServerTls,
  addServices: (server: Server) => void,
): Promise<GrpcListener> {
  const server = createServer({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.enable_channelz": 0,
  });
  addServices(server);
  const credentials = ServerCredentials.createSsl(
    Buffer.from(tls.ca),
    [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }],
    true,
  );
  const connections = new Connections(host, port);
  try {
    await tryListening(host, port);
    const bound = await server.listen(`${host}:${port}`, credentials);
    connections.port = bound;
    return {
      address: `${host}:${bound}`,
      async close() {
        const down = server.shutdown();
        connections.destroy();
        await down;
        connections.stopWatching();
      },
    };
  } catch (cause) {
    connections.stopWatching();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const taken = reason.includes("EADDRINUSE");
    throw new EmulatorStartError(
      `cannot listen on ${host}:${port}: ${taken ? "the port is taken; another, or 0 for a free one, will do" : reason}`,
      { cause },
    );
  }
}

/** Fails as listening there fails. grpc-js would write the reason to stderr, and not pass it on. */
async function tryListening(host: string, port: number): Promise<void> {
  const trial = createTcpServer();
  trial.listen({ host: host.replace(/^\[|\]$/g, ""), port });
  await once(trial, "listening");
  trial.close();
  await once(trial, "close");
}
