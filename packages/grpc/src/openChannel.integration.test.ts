import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { startEmulator } from "@loggregator/emulator";
import { expect, test } from "vitest";
import { Connection } from "./index.js";

test("an attempt that failed leaves no connection behind when the server comes up later", async () => {
  await using first = await startEmulator();
  const { ingress, egress, tls } = first;
  await first.close();

  const connection = new Connection({
    address: ingress.address,
    tls: tls.ingress,
    serverName: "metron",
    // How long grpc-js waits before the attempt of its own.
    channelOptions: { "grpc.initial_reconnect_backoff_ms": 100 },
  });
  const release = connection.acquire();
  await expect(connection.ready(new AbortController().signal)).rejects.toThrow(ingress.address);
  release();

  const [host, port] = ingress.address.split(":");
  await using emulator = await startEmulator({ egress, tls });
  const sockets = new Set<Socket>();
  const [realHost, realPort] = emulator.ingress.address.split(":");
  // Counts who is there: passes everything on.
  const proxy = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.pipe(connect(Number(realPort), realHost as string)).pipe(socket);
  });
  proxy.listen(Number(port), host);
  // Longer than grpc-js waits, jitter included, and then a handshake takes.
  await wait(600);
  expect(sockets.size).toBe(0);
  proxy.close();
});
