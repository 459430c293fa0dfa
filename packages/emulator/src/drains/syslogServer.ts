import { createServer, type TLSSocket } from "node:tls";
import type { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import { type Message, MessageReader } from "@loggregator/rfc5424";
import { envelopeFromMessage } from "../log-cache/syslog/envelopeFromMessage.js";
import { hasUnreadableTag, maxMessageBytes } from "../log-cache/syslog/messageLimits.js";
import { type ListenAddress, listenAt } from "../network/listenAddress.js";
import type { ServerTls } from "../tls/emulatorTls.js";

// From the source of log-cache, and confirmed by observation.
const idleTimeoutMs = 120_000;

/** The syslog server of log-cache. */
export interface SyslogServer {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Listens for syslog-tls drains as log-cache's syslog server does: with octet counting, and closing
 * a connection at the first malformed message.
 *
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function listenSyslog(
  place: ListenAddress,
  { ca, cert, key }: ServerTls,
  deliver: (envelope: Envelope) => void,
  logger: Logger,
): Promise<SyslogServer> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" },
    (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      socket.setTimeout(idleTimeoutMs, () => socket.destroy());
      const reader = new MessageReader({ framing: "octet-counting", maxMessageBytes });
      socket.on("data", (chunk) => {
        const isReadable = deliverAll(reader.read(chunk), deliver) && reader.failure === undefined;
        if (!isReadable) {
          logger.warn("the syslog server closes a connection: it received a malformed message");
          socket.destroy();
        }
      });
    },
  );
  server.on("tlsClientError", () => {});
  const { address } = await listenAt(server, place);
  return {
    address,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Returns false at the first malformed message. */
function deliverAll(messages: readonly Message[], deliver: (envelope: Envelope) => void): boolean {
  for (const message of messages) {
    if (hasUnreadableTag(message)) {
      return false;
    }
    const envelope = envelopeFromMessage(message);
    if (envelope !== undefined) {
      deliver(envelope);
    }
  }
  return true;
}
