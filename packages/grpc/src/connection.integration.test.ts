import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { GrpcTestServer, listen } from "@loggregator/testing";
import { createClientFactory, Status } from "nice-grpc";
import { expect, test } from "vitest";
import {
  agentWith,
  authority,
  client,
  connectionTo,
  ever,
  server,
} from "../testing/connections.js";
import type { Connection } from "./connection.js";

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

test("connects to IPv4 and IPv6 addresses, host names and Unix sockets", async () => {
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

test("the proxy of the environment is not used for loopback addresses", async () => {
  await using proxy = await listen(createServer());
  await using there = await GrpcTestServer.startAgent(server);
  process.env["http_proxy"] = `http://${proxy.address}`;
  try {
    expect(await callOn(connectionTo(there.address))).toEqual(answer);
  } finally {
    delete process.env["http_proxy"];
  }
});

test("the certificates may contain the server name to verify", async () => {
  await using there = await agentWith({ commonName: "doppler" });
  expect(
    await callOn(connectionTo(there.address, { tls: { ...client, serverName: "doppler" } })),
  ).toEqual(answer);
});

test("tls is called for each new connection, and its certificate is used", async () => {
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

test("concurrent callers share one connection, which closes when the last one releases it", async () => {
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

test("destroy ends the calls on a connection, and the next call opens a new one", async () => {
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

test("a client without the middleware connects as well, and reports failures", async () => {
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

/** Returns the sockets that are opened while `action` runs. */
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

test("an attempt that is cancelled at any time leaves no socket", async () => {
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

test("a connection whose peer stops answering leaves no socket", async () => {
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
] as const)("%s is checked by the constructor", ([name, options]) => {
  expect(() => connectionTo("localhost:1", options as never)).toThrow(
    new RegExp(`^${name} must be `),
  );
});
