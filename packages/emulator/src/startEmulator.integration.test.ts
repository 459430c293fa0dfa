import { logEnvelope, selectLog } from "@loggregator/api";
import { recordProcessEvents, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { GrpcClients } from "../testing/grpcClients.js";
import { send } from "../testing/send.js";
import { createCertificateAuthority, type EmulatorOptions, startEmulator } from "./index.js";

const log = logEnvelope("hello", { sourceId: "app" });

/** Reserves addresses that no other process gets, and returns them as options. */
async function reserveAddresses(): Promise<AsyncDisposable & { options: EmulatorOptions }> {
  const tcp = await Promise.all([1, 2, 3, 4].map(() => reserveTcpPort()));
  const [ingress, egress, gateway, https] = tcp.map(({ address }) => ({ address }));
  return {
    // UDP ports cannot be reserved for one process, so v1 uses any free one.
    options: { ingress, egress, gateway: { ...gateway, httpsAddress: https?.address } },
    async [Symbol.asyncDispose]() {
      await Promise.all(tcp.map((port) => port[Symbol.asyncDispose]()));
    },
  };
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

test("takes less than 200 ms of CPU time to be ready", async () => {
  // Elapsed time depends on the other processes of the machine.
  const before = process.cpuUsage();
  await using _ = await startEmulator();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(200);
});

describe("refuses", () => {
  test.each<[string, EmulatorOptions, string | RegExp]>([
    [
      "an address without a port",
      { ingress: { address: "localhost" } },
      'ingress.address must be "host:port" or "[IPv6]:port", such as "127.0.0.1:0", got "localhost"',
    ],
    [
      "an empty address",
      { egress: { address: "" } },
      'egress.address must be "host:port" or "[IPv6]:port", such as "127.0.0.1:0", got ""',
    ],
    [
      "a port that is too high",
      { egress: { address: "127.0.0.1:65536" } },
      'egress.address must be "host:port" or "[IPv6]:port", such as "127.0.0.1:0", got "127.0.0.1:65536"',
    ],
    ["a buffer size of 0", { bufferSize: 0 }, "bufferSize must be a positive integer, got 0"],
    [
      "a ca without its authority",
      { tls: { ca: "x" } },
      "tls.metron must be a certificate and its key, as tls.ca is given without tls.authority, got undefined",
    ],
    [
      "a certificate that is not PEM",
      { tls: { metron: { cert: "x", key: "y" } } },
      /^tls\.metron must be a PEM certificate and the PEM key that belongs to it, got Error: .*PEM/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });

  test("a key that belongs to another certificate", async () => {
    const authority = await createCertificateAuthority();
    const { cert } = await authority.issue({ commonName: "metron" });
    const { key } = await authority.issue({ commonName: "metron" });
    await expect(startEmulator({ tls: { authority, metron: { cert, key } } })).rejects.toThrow(
      /^tls\.metron must be .*mismatch/,
    );
  });

  test.each(["ingress", "egress", "gateway", "v1"] as const)(
    "a port of %s that is in use, and frees the other ports",
    async (endpoint) => {
      await using taken = await startEmulator();
      await using reserved = await reserveAddresses();
      const { tls } = taken;
      const { address } = taken[endpoint];
      await expect(
        startEmulator({ ...reserved.options, [endpoint]: { address }, tls }),
      ).rejects.toMatchObject({
        name: "EmulatorStartError",
        message: `cannot listen on ${address} (${endpoint}.address): the port is taken; choose another one, or 0 for a free one`,
        option: `${endpoint}.address`,
        address,
        cause: expect.objectContaining({ code: "EADDRINUSE" }),
      });
      // The failed start has released its other ports.
      await using _ = await startEmulator({ ...reserved.options, [endpoint]: {}, tls });
    },
  );
});

test("an address that is not of this machine is refused with EmulatorStartError", async () => {
  await expect(startEmulator({ ingress: { address: "192.0.2.1:0" } })).rejects.toMatchObject({
    name: "EmulatorStartError",
    message:
      "cannot listen on 192.0.2.1:0 (ingress.address): listen EADDRNOTAVAIL: address not available 192.0.2.1",
  });
});

test("starts again on the same ports, and clients of the first trust the second", async () => {
  await using reserved = await reserveAddresses();
  const first = await startEmulator(reserved.options);
  const { ingress, egress, gateway, v1, tls } = first;
  await send(ingress.address, tls.ingress);
  await first.close();
  // The addresses and certificates of an emulator are valid options.
  await using second = await startEmulator({ ingress, egress, gateway, v1, tls });
  expect(second).toMatchObject({ ingress, egress, gateway, v1 });
  await send(ingress.address, tls.ingress);
  expect(second.stats.received).toBe(1);
});

test("listens on all addresses if requested, and returns a local address", async () => {
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

describe("unknown options are rejected with the closest name:", () => {
  test.each<[object, string]>([
    [{ ingres: {} }, 'unknown option "ingres"; did you mean "ingress"?'],
    [{ ingress: { adress: "x" } }, 'unknown option "ingress.adress"; did you mean "address"?'],
    [
      { egress: { buffersize: 1 } },
      'unknown option "egress.buffersize"; did you mean "bufferSize"?',
    ],
    [{ gateway: { token: {} } }, 'unknown option "gateway.token"; did you mean "tokens"?'],
    [{ v1: { jobs: "x" } }, 'unknown option "v1.jobs"; did you mean "job"?'],
    [{ tls: { metro: {} } }, 'unknown option "tls.metro"; did you mean "metron"?'],
    [
      { tls: { client: { cert: "", key: "", pfx: "" } } },
      'unknown option "tls.client.pfx"; known options: cert, key, ca, serverName',
    ],
    [{ ingress: "127.0.0.1:0" }, 'ingress must be an object, got "127.0.0.1:0"'],
    [{ ingress: { tags: { a: 1 } } }, "ingress.tags.a must be a string, got 1"],
    [{ v1: { job: 1 } }, "v1.job must be a string, got 1"],
    [{ onEnvelope: 1 }, "onEnvelope must be a function, got 1"],
    [{ signal: {} }, "signal must be an AbortSignal, got an object"],
    [
      { gateway: { allowedHosts: "a.test" } },
      'gateway.allowedHosts must be an array of host names, got "a.test"',
    ],
    [
      { ingress: { minPingIntervalMs: -1 } },
      "ingress.minPingIntervalMs must be a positive number of milliseconds up to 2147483647, got -1",
    ],
  ])("%j", async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });
});

test("a logger that throws or rejects does not stop anything", async () => {
  using events = recordProcessEvents();
  const fail = () => Promise.reject(new Error("oops"));
  const logger = {
    debug() {
      throw new Error("oops");
    },
    info: fail,
    warn: fail,
    error: fail,
  };
  await using emulator = await startEmulator({ logger, bufferSize: 1 });
  await using clients = new GrpcClients(emulator);
  const reader = clients.read({ selectors: [selectLog()] });
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  for (let i = 0; i < 10; i += 1) {
    emulator.emit(log);
  }
  await emulator.until(({ dropped }) => dropped > 0);
  await reader.received(1);
  await events.settled();
  expect(events.unhandledRejections).toEqual([]);
  expect(events.warnings).toEqual([]);
});
