import { AsyncLocalStorage } from "node:async_hooks";
import { type ChannelListener, subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:net";

const channel = "tracing:net.server.listen:asyncStart";

const collecting = new AsyncLocalStorage<(server: Server) => void>();
const collect: ChannelListener = (message) => {
  collecting.getStore()?.((message as { server: Server }).server);
};
let users = 0;

/**
 * Runs `listen` and calls `onServer` with each server that starts listening, before it accepts a
 * connection.
 *
 * grpc-js does not expose its HTTP/2 servers. Node.js publishes each server that starts listening,
 * and the asynchronous context distinguishes those of `listen` from all others of the process.
 */
export async function watchListening<T>(
  listen: () => Promise<T>,
  onServer: (server: Server) => void,
): Promise<T> {
  if (users === 0) {
    subscribe(channel, collect);
  }
  users += 1;
  try {
    return await collecting.run(onServer, listen);
  } finally {
    users -= 1;
    if (users === 0) {
      unsubscribe(channel, collect);
      // Enabled only during the call, as it slows down every promise of the process.
      collecting.disable();
    }
  }
}
