import { execFile } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  counterEnvelope,
  type Envelope,
  isCounter,
  isLog,
  isTimer,
  logEnvelope,
  selectLog,
  selectTimer,
  timerEnvelope,
} from "@loggregator/api";
import { abortListeners, recordProcessEvents, reserveTcpPort } from "@loggregator/testing";
import { Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { GatewayStream } from "../testing/gatewayClient.js";
import { GrpcClients } from "../testing/grpcClients.js";
import { send } from "../testing/send.js";
import {
  createCertificateAuthority,
  EmulatorClosedError,
  type EmulatorOptions,
  startEmulator,
  type WaitOptions,
} from "./index.js";

const log = logEnvelope("hello", { sourceId: "app" });
const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

/** Addresses that no other process gets, as options. */
async function reservePlaces(): Promise<AsyncDisposable & { options: EmulatorOptions }> {
  const tcp = await Promise.all([1, 2, 3, 4].map(() => reserveTcpPort()));
  const [ingress, egress, gateway, https] = tcp.map(({ address }) => ({ address }));
  return {
    // A reserved port of UDP can only be shared, so v1 takes any.
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
  // On a busy machine, the time that passes says nothing.
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
    ["a buffer for nothing", { bufferSize: 0 }, "bufferSize must be a positive integer, got 0"],
    [
      "a ca alone",
      { tls: { ca: "x" } },
      "tls.metron must be a certificate and its key, as tls.ca is given without tls.authority, got undefined",
    ],
    [
      "a certificate that is none",
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
      await using places = await reservePlaces();
      const { tls } = taken;
      const { address } = taken[endpoint];
      await expect(
        startEmulator({ ...places.options, [endpoint]: { address }, tls }),
      ).rejects.toMatchObject({
        name: "EmulatorStartError",
        message: `cannot listen on ${address} (${endpoint}.address): the port is taken; choose another one, or 0 for a free one`,
        option: `${endpoint}.address`,
        address,
        cause: expect.objectContaining({ code: "EADDRINUSE" }),
      });
      // All but the one that is taken are free again.
      await using _ = await startEmulator({ ...places.options, [endpoint]: {}, tls });
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
  await using places = await reservePlaces();
  const first = await startEmulator(places.options);
  const { ingress, egress, gateway, v1, tls } = first;
  await send(ingress.address, tls.ingress);
  await first.close();
  // An emulator's own places and certificates are options.
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

  test("ends connections that never sent anything", async () => {
    const emulator = await startEmulator();
    const { ingress, egress, gateway } = emulator;
    const addresses = [ingress.address, egress.address, gateway.address, gateway.httpsAddress];
    const sockets = addresses.map((address) => createConnection(portOf(address), "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const ended = sockets.map((socket) => once(socket, "close"));
    // Connections that were opened after this emulator's are accepted by then.
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

describe("in the process itself", () => {
  test("emit accepts an envelope as ingress does", async () => {
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
});

describe("onEnvelope", () => {
  const oops = new Error("oops");

  test.each([
    [
      "throws",
      () => {
        throw oops;
      },
    ],
    ["returns a promise that rejects", () => Promise.reject(oops)],
  ])("that %s makes until, next and close fail, and stops nothing", async (_, onEnvelope) => {
    using events = recordProcessEvents();
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => errors.push(line) };
    const emulator = await startEmulator({ logger, onEnvelope });
    const waiting = [emulator.until(({ received }) => received === 9), emulator.next(isTimer)];
    const rejected = Promise.all(waiting.map((wait) => expect(wait).rejects.toBe(oops)));
    await send(emulator.ingress.address, emulator.tls.ingress);
    await send(emulator.ingress.address, emulator.tls.ingress);
    await rejected;
    expect(emulator.stats.received).toBe(2);
    await expect(emulator.until(() => true)).rejects.toBe(oops);
    await expect(emulator.next(isLog)).rejects.toBe(oops);
    await expect(emulator.close()).rejects.toBe(oops);
    await expect(emulator.close()).rejects.toBe(oops);
    await expect(send(emulator.ingress.address, emulator.tls.ingress)).rejects.toEqual(unavailable);
    expect(errors).toEqual(["onEnvelope failed: Error: oops", "onEnvelope failed: Error: oops"]);
    await events.settled();
    expect(events.unhandledRejections).toEqual([]);
  });

  test("that rejects late makes close fail, which waits for it", async () => {
    const emulator = await startEmulator({
      onEnvelope: () =>
        new Promise((_, reject) => {
          setTimeout(() => reject(oops), 50);
        }),
    });
    emulator.emit(log);
    await expect(emulator.close()).rejects.toBe(oops);
  });

  test("makes the end of an `await using` block fail unless something in it has already failed", async () => {
    const options = { onEnvelope: () => Promise.reject(oops) };
    const block = async (wait: boolean) => {
      await using emulator = await startEmulator(options);
      emulator.emit(log);
      if (wait) {
        await emulator.until(({ received }) => received === 2);
      }
    };
    await expect(block(false)).rejects.toBe(oops);
    // Not a SuppressedError with the same error twice.
    await expect(block(true)).rejects.toBe(oops);
  });

  test("that fails after the signal has closed the emulator causes no unhandled rejection", async () => {
    using events = recordProcessEvents();
    const controller = new AbortController();
    const { signal } = controller;
    const emulator = await startEmulator({ signal, onEnvelope: () => Promise.reject(oops) });
    emulator.emit(log);
    controller.abort();
    await expect(emulator.close()).rejects.toBe(oops);
    await events.settled();
    expect(events.unhandledRejections).toEqual([]);
  });
});

describe("until", () => {
  test("waits for the stats, until the signal aborts or the emulator closes", async () => {
    const emulator = await startEmulator();
    const received = (count: number, options?: WaitOptions) =>
      emulator.until((stats) => stats.received === count, options);
    await received(0);
    const one = received(1);
    emulator.emit(log);
    await one;

    const controller = new AbortController();
    const aborted = received(9, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(received(1, { signal: controller.signal })).rejects.toThrow("enough");

    const tooLate = received(9);
    await Promise.all([expect(tooLate).rejects.toThrow(EmulatorClosedError), emulator.close()]);
    await expect(received(9)).rejects.toThrow(/closed before .*"received":1/);
    await received(1);
  });

  test("rejects with the stats after timeoutMs", async () => {
    await using emulator = await startEmulator();
    emulator.emit(log);
    await expect(
      emulator.until(({ received }) => received === 2, { timeoutMs: 20 }),
    ).rejects.toMatchObject({
      name: "EmulatorTimeoutError",
      message: expect.stringMatching(/^until\(\) timed out after 20 ms; .*"received":1/),
      stats: expect.objectContaining({ received: 1 }),
    });
  });

  test("leaves no listener on a shared signal, and causes no warning", async () => {
    using events = recordProcessEvents();
    await using emulator = await startEmulator();
    const { signal } = new AbortController();
    const waits = Array.from({ length: 30 }, (_, i) =>
      emulator.until(({ received }) => received > i, { signal, timeoutMs: 60_000 }),
    );
    const nexts = Array.from({ length: 30 }, () => emulator.next(isLog, { signal }));
    for (let i = 0; i < 30; i += 1) {
      emulator.emit(log);
    }
    await Promise.all([...waits, ...nexts]);
    await expect(emulator.until(() => false, { signal, timeoutMs: 1 })).rejects.toThrow(
      "timed out",
    );
    expect(abortListeners(signal)).toBe(0);
    await events.settled();
    expect(events.warnings).toEqual([]);
  });

  test.each<[string, unknown[], string]>([
    ["no predicate", [], "predicate must be a function, got undefined"],
    [
      "an async predicate",
      [async () => false],
      "predicate must be a function that returns true or false, got one that is async",
    ],
    [
      "a misspelt option",
      [() => true, { timeoutMS: 1 }],
      'unknown option "timeoutMS"; did you mean "timeoutMs"?',
    ],
    [
      "a timeout of 0",
      [() => true, { timeoutMs: 0 }],
      "timeoutMs must be a positive number of milliseconds up to 2147483647, or Infinity, got 0",
    ],
    ["a signal of the wrong type", [() => true, { signal: {} }], "signal must be an AbortSignal"],
  ])("refuses %s", async (_, args, message) => {
    await using emulator = await startEmulator();
    emulator.emit(log);
    await expect(emulator.until(...(args as [never]))).rejects.toThrow(message);
    await expect(emulator.next(...(args as [never]))).rejects.toThrow(
      message.replace("predicate", "guard"),
    );
  });
});

describe("received envelopes", () => {
  test("are returned by next once each, the oldest that the guard accepts first", async () => {
    await using emulator = await startEmulator();
    const later = emulator.next(isTimer);
    for (const text of ["1", "2"]) {
      emulator.emit(logEnvelope(text));
    }
    emulator.emit(counterEnvelope("c"));
    const counter = await emulator.next(isCounter);
    expect(counter.message.value.name).toBe("c");
    const logs = [await emulator.next(isLog), await emulator.next(() => true)];
    expect(
      logs.map((envelope) => String(isLog(envelope) && envelope.message.value.payload)),
    ).toEqual(["49", "50"]);
    emulator.emit(timerEnvelope("t", 1n, 2n));
    expect((await later).message.value.name).toBe("t");
    expect(emulator.envelopes()).toHaveLength(4);
    await expect(emulator.next(() => true, { timeoutMs: 10 })).rejects.toThrow(
      "next() timed out after 10 ms: 4 envelopes were received, and the guard accepts none that next() has not returned",
    );
  });

  test("are kept as they leave the agent, the latest 10,000 of them", async () => {
    await using emulator = await startEmulator({ ingress: { tags: { deployment: "cf" } } });
    await send(emulator.ingress.address, emulator.tls.ingress);
    expect(emulator.envelopes()).toMatchObject([{ sourceId: "app", tags: { deployment: "cf" } }]);
    for (let i = 1; i <= 25_000; i += 1) {
      emulator.emit(counterEnvelope(String(i)));
      if (i % 7 === 0) {
        await emulator.next(isCounter);
      }
    }
    const names = emulator
      .envelopes()
      .map((envelope) => isCounter(envelope) && envelope.message.value.name);
    expect(names).toHaveLength(10_000);
    expect([names[0], names.at(-1)]).toEqual(["15001", "25000"]);
    expect((await emulator.next(isCounter)).message.value.name).toBe("15001");
  });

  test("are bounded in bytes", async () => {
    await using emulator = await startEmulator();
    for (let i = 0; i < 40; i += 1) {
      emulator.emit(logEnvelope("x".repeat(1024 * 1024)));
    }
    expect(emulator.envelopes()).toHaveLength(15);
  });

  test("of a single envelope are described in the singular", async () => {
    const emulator = await startEmulator();
    emulator.emit(log);
    const waiting = emulator.next(isTimer);
    await Promise.all([
      expect(waiting).rejects.toThrow(
        "the emulator was closed during next(): 1 envelope was received, and the guard accepts none that next() has not returned",
      ),
      emulator.close(),
    ]);
  });
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
