import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/**
 * Does `action` and collects the sockets that it opens meanwhile, while they are open. grpc-js
 * keeps its sockets to itself, and neither closes one that is still connecting when its channel is
 * closed nor one whose peer is frozen; Node.js tells of each as it is made.
 */
export async function collectSockets<T>(
  sockets: Set<Socket>,
  action: () => Promise<T>,
): Promise<T> {
  const context = new AsyncLocalStorage<true>();
  const collect = (message: unknown) => {
    if (context.getStore() === undefined) return;
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  subscribe("net.client.socket", collect);
  try {
    return await context.run(true, action);
  } finally {
    unsubscribe("net.client.socket", collect);
    // Promises are slower in the whole process while a context is in use.
    context.disable();
  }
}
