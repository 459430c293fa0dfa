import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { silentLogger } from "@loggregator/core";
import { type CertificateAuthority, createCertificateAuthority } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import {
  ConnectionError,
  IngressClient,
  type IngressClientOptions,
  TlsError,
  type TlsMaterial,
} from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

/** A client that records its errors and warnings. */
function connect(address: string, options: Partial<IngressClientOptions> = {}) {
  const errors: Error[] = [];
  const warnings: string[] = [];
  let notify = () => {};
  const client = new IngressClient({
    address,
    tls: certificates.client,
    flushIntervalMs: 5,
    retry: { baseDelayMs: 10, maxDelayMs: 50 },
    connectTimeoutMs: 5_000,
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    onRetryableError: (error) => {
      errors.push(error);
      notify();
    },
    ...options,
  });
  return {
    client,
    errors,
    warnings,
    /** Resolves after `count` failures. */
    async failures(count: number): Promise<void> {
      while (errors.length < count) {
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    },
  };
}

const serverWith = async (options: Parameters<CertificateAuthority["issue"]>[0]) => {
  const received: number[] = [];
  const server = await startIngressServer(
    { ...certificates.server, ...(await certificates.authority.issue(options)) },
    (call) => call.serve((envelope) => received.push(numberOf(envelope))),
  );
  return { server, received };
};

test.for([
  ["is for another name", { commonName: "doppler" }, /is for "DNS:doppler", not for "metron"/],
  ["has expired", { commonName: "metron", notAfter: new Date("2020-01-01") }, /has expired/],
] as const)(
  "reports that the server's certificate %s, and loses nothing once it is replaced",
  async ([, options, message]) => {
    const { server, received } = await serverWith(options);
    const { client, errors, warnings, failures } = connect(server.address);
    emitNumbers(client, 0, 50);
    await failures(3);
    expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 50, reconnects: 3 });
    server.setCertificates(certificates.server);
    await client.closeSend();
    expect(received).toEqual(range(0, 50));
    expect(errors[0]).toBeInstanceOf(ConnectionError);
    expect(errors[0]).toMatchObject({
      code: Status.UNAVAILABLE,
      message: expect.stringMatching(message),
      cause: expect.any(TlsError),
    });
    expect(warnings[0]).toMatch(/; retrying in \d+ ms$/);
    expect(warnings[0]).toMatch(message);
    await server.close();
  },
);

test.for(["stream", "acknowledged"] as const)(
  "queued envelopes arrive once a server is available (%s)",
  async (delivery) => {
    const sockets: Socket[] = [];
    await using reserved = await reserveTcpPort();
    const { address, port } = reserved;
    const blackHole = createServer((socket) => sockets.push(socket)).listen(port, "127.0.0.1");
    await once(blackHole, "listening");
    const { client, errors, failures } = connect(address, { delivery, connectTimeoutMs: 200 });
    emitNumbers(client, 0, 50);
    await failures(1);
    blackHole.close();
    for (const socket of sockets) {
      socket.destroy();
    }
    await failures(3);
    const received: number[] = [];
    await using _ = await startIngressServer(
      certificates.server,
      (call) => call.serve((envelope) => received.push(numberOf(envelope))),
      { port },
    );
    await client.closeSend();
    expect(received).toEqual(range(0, 50));
    expect(errors[0]?.message).toBe(
      `cannot connect to ${address}: timed out after 200 ms, waiting for the TLS handshake`,
    );
    expect(errors[2]?.message).toMatch(/connection refused|closed the connection/);
  },
);

test("uses renewed certificates for the next connection, and loses nothing queued", async () => {
  const received: number[] = [];
  const names: string[] = [];
  let call: IngressCall | undefined;
  await using server = await startIngressServer(certificates.server, (next) => {
    call = next;
    const socket = next.stream.session?.socket as unknown as TLSSocket;
    names.push(String(socket.getPeerCertificate().subject.CN));
    next.serve((envelope) => received.push(numberOf(envelope)));
  });
  let renewals = 0;
  const { client } = connect(server.address, {
    tls: async () => ({
      ...certificates.client,
      ...(await certificates.authority.issue({ commonName: `client-${++renewals}` })),
    }),
  });
  for (let round = 0; round < 3; round++) {
    emitNumbers(client, round * 100, 100);
    await client.flush();
    while (received.length < (round + 1) * 100) {
      await new Promise(setImmediate);
    }
    const ended = once(call?.stream as IngressCall["stream"], "close");
    call?.stream.session?.goaway();
    await ended;
  }
  await client.closeSend();
  expect(received).toEqual(range(0, 300));
  expect(names).toEqual(["client-1", "client-2", "client-3"]);
});

test("a server certificate of an unknown authority is an error until tls() returns that authority", async () => {
  const { server, received } = await serverWith({ commonName: "metron" });
  const old = await createCertificateAuthority();
  let tls: TlsMaterial = { ...certificates.client, ca: old.certificate };
  const { client, errors, failures } = connect(server.address, { tls: async () => tls });
  emitNumbers(client, 0, 10);
  await failures(2);
  tls = certificates.client;
  await client.closeSend();
  expect(received).toEqual(range(0, 10));
  expect(errors[0]?.message).toMatch(/: tls.ca: .* not signed by one of these authorities/);
  await server.close();
});

test.for([
  ["rejects", () => Promise.reject(new Error("no vault")), "tls() failed: no vault"],
  [
    "rejects with an AbortError",
    () => Promise.reject(new DOMException("gone", "AbortError")),
    "tls() failed: gone",
  ],
  [
    "throws",
    () => {
      throw new Error("no vault");
    },
    "tls() failed: no vault",
  ],
  ["returns undefined", () => Promise.resolve(undefined), "tls must be an object, got undefined"],
  ["never resolves", () => new Promise(() => {}), "timed out after 200 ms, waiting for tls()"],
] as const)("a tls function that %s is reported and called again", async ([, fail, message]) => {
  const { server, received } = await serverWith({ commonName: "metron" });
  let asked = 0;
  const { client, errors } = connect(server.address, {
    connectTimeoutMs: 200,
    tls: () =>
      ++asked < 3 ? (fail() as Promise<TlsMaterial>) : Promise.resolve(certificates.client),
  });
  emitNumbers(client, 0, 10);
  await client.closeSend();
  expect(received).toEqual(range(0, 10));
  expect(errors.slice(0, 2).map((error) => error.message)).toEqual([
    `cannot connect to ${server.address}: ${message}`,
    `cannot connect to ${server.address}: ${message}`,
  ]);
  expect(errors[0]).toBeInstanceOf(ConnectionError);
  await server.close();
});

test("the backoff grows while there is no server", async () => {
  const delays: number[] = [];
  const { client, failures } = connect("127.0.0.1:1", {
    retry: { baseDelayMs: 2, maxDelayMs: 16 },
    logger: {
      ...silentLogger,
      warn: (message) => delays.push(Number(/in (\d+) ms$/.exec(message)?.[1])),
    },
    closeTimeoutMs: 1,
  });
  emitNumbers(client, 0, 1);
  await failures(8);
  expect(delays[0]).toBeLessThanOrEqual(2);
  for (const delay of delays.slice(4)) {
    expect(delay).toBeGreaterThanOrEqual(8);
  }
  await client.closeSend().catch(() => {});
});
