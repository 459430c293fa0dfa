import type { Server, Socket } from "node:net";

type ConnectionListener = (socket: Socket) => void;

/** The beginning of every HTTP/2 connection; no method of HTTP/1.1 begins so. */
const http2Preface = Buffer.from("PRI * HTTP/2.0");

/**
 * Passes new connections that do not begin as HTTP/2 to `onHttp1` instead of the server, so that
 * plain-text gRPC and HTTP/1.1 share a port.
 */
export function divertHttp1(server: Server, onHttp1: (socket: Socket) => void): void {
  const listeners = server.listeners("connection") as ConnectionListener[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    // Without it, a connection that breaks before it is passed on would end the process.
    const ignore = () => {};
    socket.on("error", ignore);
    socket.once("data", (first: Buffer) => {
      socket.off("error", ignore);
      socket.pause();
      socket.unshift(first);
      const begin = first.subarray(0, http2Preface.length);
      if (begin.equals(http2Preface.subarray(0, begin.length))) {
        for (const listener of listeners) {
          listener.call(server, socket);
        }
      } else {
        onHttp1(socket);
        process.nextTick(() => socket.resume());
      }
    });
  });
}
