import { execFile } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Envelope, logEnvelope, selectLog, selectTimer } from "@loggregator/api";
import { Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { GatewayStream } from "../testing/gatewayClient.js";
import { GrpcClients } from "../testing/grpcClients.js";
import { send } from "../testing/send.js";
import {
  createCertificateAuthority,
  type Emulator,
  EmulatorClosedError,
  type EmulatorOptions,
  EmulatorStartError,
  startEmulator,
} from "./index.js";

const log = logEnvelope("hello", { sourceId: "app" });
const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

/** Where it listens, as options of another. */
function placesOf({ ingress, egress, gateway, v1 }: Emulator): EmulatorOptions {
  return { ingress, egress, gateway, v1 };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

test("starts on free ports of 127.0.0.1, several in one process that do not share envelopes", async () => {
  await using one = await startEmulator();
  await using other = await startEmulator();
  const addresses = [one, other].flatMap(({ ingress, egress, gateway }) => [
    ingress.address,
    egress.address,
    gateway.address,
    gateway.httpsAddress,
  ]);
  expect(new Set(addresses).size).toBe(8);
  expect(one.v1.address).not.toBe(other.v1.address);
  for (const address of addresses) {
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  }
  expect(one.gateway.url).toBe(`http://${one.gateway.address}`);
  expect(one.gateway.httpsUrl).toBe(`https://${one.gateway.httpsAddress}`);
  await send(one.ingress.address, one.tls.ingress);
  expect(one.stats.received).toBe(1);
  expect(other.stats.received).toBe(0);
});

test("is ready in under 300 ms", async () => {
  const took: number[] = [];
  // The fastest, because the machine may be busy with other tests.
  for (let i = 0; i < 10 && !took.some((ms) => ms < 300); i += 1) {
    const begin = performance.now();
    await using _ = await startEmulator();
    took.push(performance.now() - begin);
  }
  expect(Math.min(...took)).toBeLessThan(300);
});

describe("refuses", () => {
  test.each<[string, EmulatorOptions, string | RegExp]>([
    [
      "an address without a port",
      { ingress: { address: "localhost" } },
      'ingress.address: expected "host:port", for example "127.0.0.1:0", got "localhost"',
    ],
    [
      "an empty address",
      { egress: { address: "" } },
      'egress.address: expected "host:port", for example "127.0.0.1:0", got ""',
    ],
    [
      "a port that is too high",
      { egress: { address: "127.0.0.1:65536" } },
      "egress.address: expected a port from 0 to 65535, got 65536",
    ],
    ["a buffer for nothing", { bufferSize: 0 }, "bufferSize must be a positive integer, got 0"],
    [
      "a ca alone",
      { tls: { ca: "x" } },
      /^tls\.metron: expected a certificate and key, because tls\.ca is given without an authority/,
    ],
    [
      "a certificate that is none",
      { tls: { metron: { cert: "x", key: "y" } } },
      /^tls\.metron: expected a PEM certificate with the PEM key that belongs to it, got Error: .*PEM/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });

  test("a key that belongs to another certificate", async () => {
    const authority = await createCertificateAuthority();
    const { cert } = await authority.issue({ commonName: "metron" });
    const { key } = await authority.issue({ commonName: "metron" });
    await expect(startEmulator({ tls: { authority, metron: { cert, key } } })).rejects.toThrow(
      /^tls\.metron: .*mismatch/,
    );
  });

  test.each(["ingress", "egress", "gateway", "v1"] as const)(
    "a port of %s that is taken, with EmulatorStartError, and frees the others",
    async (endpoint) => {
      await using taken = await startEmulator();
      const free = await startEmulator();
      await free.close();
      const { tls } = taken;
      const starting = startEmulator({ ...placesOf(free), [endpoint]: taken[endpoint], tls });
      await expect(starting).rejects.toThrow(EmulatorStartError);
      await expect(starting).rejects.toMatchObject({
        message: `cannot listen on ${taken[endpoint].address}: the port is taken; another, or 0 for a free one, will do`,
        cause: expect.objectContaining({ message: expect.stringContaining("EADDRINUSE") }),
      });
      await using _ = await startEmulator({ ...placesOf(free), tls });
    },
  );
});

test("an address that is not of this machine is refused with EmulatorStartError", async () => {
  await expect(startEmulator({ ingress: { address: "192.0.2.1:0" } })).rejects.toMatchObject({
    name: "EmulatorStartError",
    message: "cannot listen on 192.0.2.1:0: listen EADDRNOTAVAIL: address not available 192.0.2.1",
  });
});

test("starts again on the same ports, and clients of the first trust the second", async () => {
  const first = await startEmulator();
  const { ingress, tls } = first;
  await send(ingress.address, tls.ingress);
  await first.close();
  await using second = await startEmulator({ ...placesOf(first), tls });
  expect(placesOf(second)).toEqual(placesOf(first));
  await send(ingress.address, tls.ingress);
  expect(second.stats.received).toBe(1);
});

test("listens at all addresses when told to, and says how to reach it from here", async () => {
  await using emulator = await startEmulator({
    ingress: { address: "0.0.0.0:0" },
    gateway: { address: "0.0.0.0:0", httpsAddress: "[::]:0" },
  });
  await send(`127.0.0.1:${portOf(emulator.ingress.address)}`, emulator.tls.ingress);
  expect(emulator.gateway.address).toMatch(/^0\.0\.0\.0:\d+$/);
  expect(emulator.gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(emulator.gateway.httpsUrl).toMatch(/^https:\/\/\[::1\]:\d+$/);
  expect((await fetch(emulator.gateway.url)).status).toBe(404);
});

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

    const begin = performance.now();
    const ends = Promise.allSettled([sending]);
    await emulator.close();
    // It would be forever if it waited for the calls.
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(await reader.ended).toEqual(unavailable);
    expect(await ends).toEqual([{ status: "rejected", reason: unavailable }]);
    await expect(stream.next()).rejects.toThrow();
    await emulator.close();
    await expect(send(emulator.ingress.address, emulator.tls.ingress)).rejects.toEqual(unavailable);
  });

  test("ends connections that never began to speak", async () => {
    const emulator = await startEmulator();
    const { ingress, egress, gateway } = emulator;
    const addresses = [ingress.address, egress.address, gateway.address, gateway.httpsAddress];
    const sockets = addresses.map((address) => createConnection(portOf(address), "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const ended = sockets.map((socket) => once(socket, "close"));
    // What is accepted later than this emulator's connections is accepted by then.
    await send(emulator.ingress.address, emulator.tls.ingress);
    await fetch(gateway.url);
    await emulator.close();
    await Promise.all(ended);
  });

  test("leaves the connections of another emulator alone", async () => {
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

  test("comes at once where the signal has aborted", async () => {
    const reason = new Error("enough");
    await expect(startEmulator({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const starting = startEmulator({ signal: controller.signal });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });

  test("lets the process end by itself", async () => {
    const child = fileURLToPath(new URL("../testing/child.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [child]);
    const { UNAVAILABLE } = Status;
    expect(JSON.parse(stdout)).toEqual([UNAVAILABLE, UNAVAILABLE, "TypeError", "TypeError"]);
  });
});

describe("in the process itself", () => {
  test("emit takes an envelope as ingress does", async () => {
    const received: Envelope[] = [];
    await using emulator = await startEmulator({
      onEnvelope: (envelope) => received.push(envelope),
    });
    const envelope = logEnvelope("hello", { tags: { origin: "o" } });
    emulator.emit(envelope);
    expect(received).toEqual([{ ...envelope, sourceId: "o" }]);
    expect(envelope.sourceId).toBe("");
    expect(emulator.stats.received).toBe(1);
  });

  test("what onEnvelope throws is logged, and stops nothing", async () => {
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => errors.push(line) };
    await using emulator = await startEmulator({
      logger,
      onEnvelope: () => {
        throw new Error("oops");
      },
    });
    await send(emulator.ingress.address, emulator.tls.ingress);
    expect(errors).toEqual(["onEnvelope threw: Error: oops"]);
    expect(emulator.stats.received).toBe(1);
  });

  test("until waits for the stats, no longer than the signal or the emulator lasts", async () => {
    const emulator = await startEmulator();
    const received = (count: number, signal?: AbortSignal) =>
      emulator.until((stats) => stats.received === count, { signal });
    await received(0);
    const one = received(1);
    emulator.emit(log);
    await one;

    const controller = new AbortController();
    const aborted = received(9, controller.signal);
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");

    const tooLate = received(9);
    await Promise.all([expect(tooLate).rejects.toThrow(EmulatorClosedError), emulator.close()]);
    await expect(received(9)).rejects.toThrow(/closed before .*"received":1/);
  });
});
