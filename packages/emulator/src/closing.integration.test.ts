import { execFile } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { logEnvelope, selectLog, selectTimer } from "@loggregator/api";
import { Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { GatewayStream } from "../testing/gatewayClient.js";
import { GrpcClients } from "../testing/grpcClients.js";
import { send } from "../testing/send.js";
import { startEmulator } from "./index.js";

const log = logEnvelope("hello", { sourceId: "app" });
const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

describe("closing", () => {
  test("ends open streams as UNAVAILABLE, quickly, and refuses new connections", async () => {
    const emulator = await startEmulator();
    await using clients = new GrpcClients(emulator);
    const reader = clients.read({ selectors: [selectLog()] });
    async function* halfOpen() {
      yield { batch: [log] };
      await new Promise(() => {});
    }
    const sending = clients.ingress.batchSender(halfOpen());
    await using stream = await GatewayStream.open(emulator, "?log");
    await emulator.until((stats) => stats.egressStreams === 2 && stats.ingressStreams === 1);

    const status = emulator.status();
    expect((await status.next()).value).toEqual({ type: "open" });
    const begin = performance.now();
    const ends = Promise.allSettled([sending]);
    await emulator.close();
    expect((await status.next()).value).toEqual({ type: "closing" });
    expect((await status.next()).value).toEqual({ type: "closed" });
    expect((await status.next()).done).toBe(true);
    // If close() waited for the calls, it would never resolve.
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(await reader.ended).toEqual(unavailable);
    expect(await ends).toEqual([{ status: "rejected", reason: unavailable }]);
    await expect(stream.next()).rejects.toThrow();
    await emulator.close();
    await expect(send(emulator.ingress.address, emulator.tls.ingress)).rejects.toEqual(unavailable);
  });

  test("ends connections that never sent anything", async () => {
    const emulator = await startEmulator();
    const { ingress, egress, gateway } = emulator;
    const addresses = [ingress.address, egress.address, gateway.address, gateway.httpsAddress];
    const sockets = addresses.map((address) => createConnection(portOf(address), "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const ended = sockets.map((socket) => once(socket, "close"));
    // Connections are accepted in order, so those above are accepted when these calls return.
    await send(emulator.ingress.address, emulator.tls.ingress);
    await fetch(gateway.url);
    await emulator.close();
    await Promise.all(ended);
  });

  test("does not close connections of another emulator", async () => {
    await using staying = await startEmulator();
    await using clients = new GrpcClients(staying);
    const reader = clients.read({ selectors: [selectLog()] });
    await staying.until((stats) => stats.egressStreams === 1);
    const closing = await startEmulator();
    await send(closing.ingress.address, closing.tls.ingress);
    await closing.close();
    staying.emit(log);
    expect(await reader.received(1)).toHaveLength(1);
  });

  test("happens when the signal aborts", async () => {
    const controller = new AbortController();
    const emulator = await startEmulator({ signal: controller.signal });
    await using clients = new GrpcClients(emulator);
    const reader = clients.read({ selectors: [selectTimer()] });
    await emulator.until((stats) => stats.egressStreams === 1);
    controller.abort();
    expect(await reader.ended).toEqual(unavailable);
    await emulator.close();
  });

  test("happens immediately if the signal has already aborted", async () => {
    const reason = new Error("enough");
    await expect(startEmulator({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const starting = startEmulator({ signal: controller.signal });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });

  test("lets the process exit", async () => {
    const child = fileURLToPath(new URL("../testing/child.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [child]);
    const { UNAVAILABLE } = Status;
    expect(JSON.parse(stdout)).toEqual([UNAVAILABLE, UNAVAILABLE, "TypeError", "TypeError"]);
  });
});
