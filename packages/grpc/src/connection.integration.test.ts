import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { inspect } from "node:util";
import { type CertificateAuthority, createCertificateAuthority } from "@loggregator/emulator";
import { GrpcTestServer, listen } from "@loggregator/testing";
import { ClientError, createClientFactory, Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { Connection, type ConnectionOptions } from "./connection.js";
import { ConnectionError, TlsError } from "./errors.js";
import type { TlsMaterial } from "./tls/tls.js";

let authority: CertificateAuthority;
let server: TlsOptions & { cert: string; key: string };
let client: TlsMaterial;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  const ca = authority.certificate;
  server = { ca, ...(await authority.issue({ commonName: "metron" })) };
  client = { ca, ...(await authority.issue({ commonName: "client" })) };
});

const ever = new AbortController().signal;

function connectionTo(address: string, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ address, tls: client, serverName: "metron", ...options });
}

/** Why a connection is not made. */
async function failureOf(connection: Connection): Promise<ConnectionError> {
  const release = connection.acquire();
  try {
    await connection.ready(ever);
  } catch (error) {
    return error as ConnectionError;
  } finally {
    release();
  }
  throw new Error("expected no connection, got one");
}

const definition = {
  call: {
    path: "/test/Call",
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Uint8Array) => value,
    requestDeserialize: (value: Uint8Array) => value,
    responseSerialize: (value: Uint8Array) => value,
    responseDeserialize: (value: Uint8Array) => value,
    options: {},
  },
} as const;

/** Makes a call, which these servers answer with an error. */
async function callOn(connection: Connection): Promise<unknown> {
  const release = connection.acquire();
  const grpc = createClientFactory()
    .use(connection.middleware)
    .create(definition, connection.channel);
  const error: unknown = await grpc.call(new Uint8Array()).catch((error: unknown) => error);
  release();
  return error;
}

const answer = expect.objectContaining({ code: Status.UNKNOWN, details: "EOF" });

test("a server is reached by IPv4, IPv6, name, and path", async () => {
  await using ipv4 = await GrpcTestServer.startAgent(server);
  await using ipv6 = await GrpcTestServer.startAgent(server, { port: 0, host: "::1" });
  const directory = await mkdtemp(join(tmpdir(), "unix-"));
  await using unix = await GrpcTestServer.startAgent(server, {
    path: join(directory, "agent.sock"),
  });
  const local = ipv4.address.replace("127.0.0.1", "localhost");
  const triple = unix.address.replace("unix:", "unix://");
  for (const address of [ipv4.address, ipv6.address, local, unix.address, triple]) {
    expect([address, await callOn(connectionTo(address))]).toEqual([address, answer]);
  }
  expect(ipv6.address).toMatch(/^\[::1\]:\d+$/);
  await rm(directory, { recursive: true });
});

test("the proxy of the environment is not asked for this machine's own addresses", async () => {
  await using proxy = await listen(createServer());
  await using there = await GrpcTestServer.startAgent(server);
  process.env["http_proxy"] = `http://${proxy.address}`;
  try {
    expect(await callOn(connectionTo(there.address))).toEqual(answer);
  } finally {
    delete process.env["http_proxy"];
  }
});

interface Case {
  readonly what: string;
  readonly start: () => Promise<{ address: string } & AsyncDisposable>;
  readonly message: RegExp;
  readonly tls?: () => Promise<TlsMaterial>;
  readonly tlsFault?: true;
}

const certificate = async (options: Parameters<CertificateAuthority["issue"]>[0]) =>
  GrpcTestServer.startAgent({ ...server, ...(await authority.issue(options)) });

const cases: Case[] = [
  {
    what: "the server's certificate is for another name",
    start: () => certificate({ commonName: "doppler", altNames: ["doppler", "127.0.0.1"] }),
    message:
      /the server's certificate is for "DNS:doppler, IP Address:127.0.0.1", not for "metron"$/,
    tlsFault: true,
  },
  {
    what: "the server's certificate has expired",
    start: () => certificate({ commonName: "metron", notAfter: new Date("2020-01-01") }),
    message: /: the server's certificate has expired \(certificate has expired\)$/,
    tlsFault: true,
  },
  {
    what: "the server's certificate is not valid yet",
    start: () =>
      certificate({
        commonName: "metron",
        notBefore: new Date("2090-01-01"),
        notAfter: new Date("2091-01-01"),
      }),
    message: /: the server's certificate is not valid yet; is this machine's clock right\?/,
    tlsFault: true,
  },
  {
    what: "the server's certificate is of another authority",
    start: () => GrpcTestServer.startAgent(server),
    tls: async () => ({ ...client, ca: (await createCertificateAuthority()).certificate }),
    message:
      /: tls.ca: the server's certificate is not signed by one of these authorities \(self-signed certificate/,
    tlsFault: true,
  },
  {
    what: "our certificate is of another authority",
    start: () => GrpcTestServer.startAgent(server),
    tls: async () => ({
      ...client,
      ...(await (await createCertificateAuthority()).issue({ commonName: "stranger" })),
    }),
    message:
      /: tls.cert: the server (?:rejected|closed .* may not accept) the certificate "CN=stranger"/,
    tlsFault: true,
  },
  {
    what: "the server speaks no TLS",
    start: () => listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
    message: /: the server does not speak TLS \(wrong version number\)$/,
  },
  {
    what: "the server speaks no HTTP/2",
    start: () => listen(createHttpsServer(server)),
    message: /: the server does not speak HTTP\/2, so it is not a gRPC server/,
  },
  {
    what: "the server speaks something else over TLS",
    start: () => listen(createTlsServer(server, (socket) => socket.end("220 ready\r\n"))),
    message: /: the server does not speak HTTP\/2, so it is not a gRPC server/,
  },
  {
    what: "the server knows only old versions of TLS",
    start: () =>
      GrpcTestServer.startAgent({
        ...server,
        minVersion: "TLSv1",
        maxVersion: "TLSv1.1",
        ciphers: "DEFAULT@SECLEVEL=0",
      }),
    message: /: the server supports neither TLS 1.2 nor TLS 1.3 with the ciphers of Loggregator/,
  },
  {
    what: "the server hangs up",
    start: () => listen(createServer((socket) => socket.destroy())),
    message:
      /: the server closed the connection during the handshake; it may not accept the certificate/,
  },
  {
    what: "nobody listens",
    start: async () => ({ address: "127.0.0.1:1", async [Symbol.asyncDispose]() {} }),
    message:
      /^cannot connect to 127.0.0.1:1: connection refused; is the server running and listening on this port\? \(connect ECONNREFUSED\)$/,
  },
  {
    what: "no socket is at the path",
    start: async () => ({ address: "unix:/no/such.sock", async [Symbol.asyncDispose]() {} }),
    message:
      /: no socket exists at this path; is the server running\? \(connect ENOENT \/no\/such.sock\)$/,
  },
  {
    what: "the name does not resolve",
    start: async () => ({ address: "no-such-host.invalid:1", async [Symbol.asyncDispose]() {} }),
    message:
      /^cannot connect to no-such-host.invalid:1: the host name cannot be resolved; check the address \(getaddrinfo \w+ no-such-host.invalid\)$/,
  },
  {
    what: "the server never answers",
    start: () => listen(createServer()),
    message: /: timed out after 200 ms, waiting for the TLS handshake$/,
  },
];

test.for(cases)("where $what, the error says so", async ({ start, message, tls, tlsFault }) => {
  await using there = await start();
  const connection = connectionTo(there.address, {
    tls: (await tls?.()) ?? client,
    connectTimeoutMs: 200,
  });
  const error = await failureOf(connection);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toBeInstanceOf(ClientError);
  expect(error).toMatchObject({ code: Status.UNAVAILABLE, address: there.address });
  expect(error.message).toMatch(message);
  expect(error.message).toContain(`cannot connect to ${there.address}: `);
  expect(inspect(error)).toMatch(`ConnectionError: ${error.message}\n`);
  if (tlsFault) {
    expect(error.cause).toBeInstanceOf(TlsError);
  }
});

test("the name to check for may come with the certificates", async () => {
  await using there = await certificate({ commonName: "doppler" });
  expect(
    await callOn(connectionTo(there.address, { tls: { ...client, serverName: "doppler" } })),
  ).toEqual(answer);
});

test("tls is asked at each new connection, and its certificate is the one used", async () => {
  await using there = await GrpcTestServer.startAgent(server);
  let asked = 0;
  const connection = connectionTo(there.address, {
    tls: async () => ({
      ...client,
      ...(await authority.issue({ commonName: `client-${++asked}` })),
    }),
  });
  const release = connection.acquire();
  for (let round = 1; round <= 3; round++) {
    const { draining } = await connection.ready(ever);
    await connection.ready(ever);
    expect(await callOn(connection)).toEqual(answer);
    const [session] = there.sessions;
    const socket = session?.socket as unknown as import("node:tls").TLSSocket;
    expect(socket.getPeerCertificate().subject.CN).toBe(`client-${round}`);
    session?.destroy();
    if (!draining.aborted) {
      await once(draining, "abort");
    }
  }
  expect(asked).toBe(3);
  release();
});

test("where tls fails, the error has its message and its error as the cause", async () => {
  const abortError = new DOMException("stopped", "AbortError");
  for (const cause of [new Error("no vault"), new TypeError("fetch failed"), abortError]) {
    for (const tls of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      const error = await failureOf(connectionTo("127.0.0.1:1", { tls }));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({
        message: `cannot connect to 127.0.0.1:1: tls() failed: ${cause.message}`,
        cause,
      });
    }
  }
});

test("where what tls gives can't be used, the error says why", async () => {
  const gives = async (tls: unknown) =>
    (await failureOf(connectionTo("127.0.0.1:1", { tls: async () => tls as TlsMaterial }))).message;
  expect(await gives(undefined)).toBe(
    "cannot connect to 127.0.0.1:1: tls must be an object, got undefined",
  );
  expect(await gives({ ...client, key: "" })).toBe(
    "cannot connect to 127.0.0.1:1: tls.key must be PEM text or bytes, got nothing",
  );
  const expired = await authority.issue({ commonName: "c", notAfter: new Date("2020-01-01") });
  expect(await gives({ ...client, ...expired })).toMatch(
    /the certificate "CN=c" expired on .* 2020/,
  );
});

test("a tls that never answers is not waited for longer than connectTimeoutMs", async () => {
  const tls = () => new Promise<TlsMaterial>(() => {});
  const error = await failureOf(connectionTo("127.0.0.1:1", { tls, connectTimeoutMs: 50 }));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.message).toBe(
    "cannot connect to 127.0.0.1:1: timed out after 50 ms, waiting for tls()",
  );
  const connection = connectionTo("127.0.0.1:1", { tls });
  const release = connection.acquire();
  const reason = new Error("enough");
  const abort = new AbortController();
  const waiting = connection.ready(abort.signal);
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(connection.ready(abort.signal)).rejects.toBe(reason);
  release();
});

test("all who wait share one connection, and it ends when nobody holds it any more", async () => {
  await using there = await GrpcTestServer.startAgent(server);
  const connection = connectionTo(there.address);
  const releases = [connection.acquire(), connection.acquire()];
  const [first, second] = await Promise.all([connection.ready(ever), connection.ready(ever)]);
  expect(first).toBe(second);
  expect(there.sessions.size).toBe(1);
  const [session] = there.sessions;
  releases[0]?.();
  releases[0]?.();
  expect(first.draining.aborted).toBe(false);
  releases[1]?.();
  await once(session as NonNullable<typeof session>, "close");
  expect(first.draining.aborted).toBe(true);
});

test("destroy ends the calls on a connection, and the next call gets a new one", async () => {
  await using there = await GrpcTestServer.startAgent(server);
  const connection = connectionTo(there.address);
  const release = connection.acquire();
  const first = await connection.ready(ever);
  connection.destroy();
  expect(await callOn(connection)).toEqual(answer);
  expect(first.draining.aborted).toBe(true);
  const second = await connection.ready(ever);
  expect(second).not.toBe(first);
  second.destroy();
  expect(await callOn(connection)).toEqual(answer);
  release();
});

test("a client without the middleware connects as well, and reports why it cannot", async () => {
  const connection = connectionTo("127.0.0.1:1");
  const client = createClientFactory().create(definition, connection.channel);
  await expect(client.call(new Uint8Array())).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
    details: expect.stringContaining("cannot connect to 127.0.0.1:1: connection refused"),
  });
  expect(connection.channel.getTarget()).toBe("127.0.0.1:1");
  await using there = await GrpcTestServer.startAgent(server);
  const working = connectionTo(there.address);
  const other = createClientFactory().create(definition, working.channel);
  await expect(other.call(new Uint8Array())).rejects.toEqual(answer);
  working.channel.close();
});

/** The sockets that are opened while `action` runs. */
async function socketsOf(action: () => Promise<void>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const collect = (message: unknown) => {
    sockets.push((message as { socket: Socket }).socket);
  };
  subscribe("net.client.socket", collect);
  await action();
  unsubscribe("net.client.socket", collect);
  return sockets;
}

test("no socket is left of an attempt that is given up, whenever that is", async () => {
  await using blackHole = await listen(createServer());
  await using there = await GrpcTestServer.startAgent(server);
  for (const { address } of [blackHole, there]) {
    for (let turns = 0; turns < 12; turns++) {
      const sockets = await socketsOf(async () => {
        const connection = connectionTo(address);
        const release = connection.acquire();
        const waiting = connection.ready(ever).catch(() => {});
        for (let turn = 0; turn < turns; turn++) {
          await new Promise(setImmediate);
        }
        release();
        await waiting;
        await new Promise(setImmediate);
      });
      const open = sockets.filter((socket) => !socket.closed);
      await Promise.all(open.map((socket) => once(socket, "close")));
    }
  }
});

test("no socket is left of a connection whose peer does not answer any more", async () => {
  const settings = Buffer.from("000000040000000000", "hex");
  await using frozen = await listen(
    createTlsServer({ ...server, requestCert: true, ALPNProtocols: ["h2"] }, (socket) => {
      socket.on("error", () => {});
      socket.write(settings);
      socket.pause();
    }),
  );
  const connection = connectionTo(frozen.address);
  const sockets = await socketsOf(async () => {
    const release = connection.acquire();
    await connection.ready(ever);
    release();
  });
  const own = sockets.filter(({ remotePort }) => frozen.address.endsWith(`:${remotePort}`));
  expect(own).toHaveLength(1);
  await Promise.all(own.map((socket) => once(socket, "close")));
});

test.for([
  ["address", { address: "localhost" }],
  ["connectTimeoutMs", { connectTimeoutMs: 0 }],
  ["keepaliveIntervalMs", { keepaliveIntervalMs: 0 }],
  ["channelOptions", { channelOptions: "x" }],
  ["logger", { logger: { debug: () => {} } }],
  ["tls", { tls: undefined }],
] as const)("%s is checked at the constructor", ([name, options]) => {
  expect(() => connectionTo("localhost:1", options as never)).toThrow(
    new RegExp(`^${name} must be `),
  );
});
