import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { inspect } from "node:util";
import { createCertificateAuthority, startEmulator } from "@loggregator/emulator";
import { GrpcTestServer, listen } from "@loggregator/testing";
import { ClientError, Status } from "nice-grpc";
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
import { ConnectionError, TlsError } from "./errors.js";
import type { TlsMaterial } from "./tls/tls.js";

/** Opens a connection, which must fail, and returns the error. */
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

interface Case {
  readonly what: string;
  readonly start: () => Promise<{ address: string } & AsyncDisposable>;
  readonly message: RegExp;
  readonly tls?: () => Promise<TlsMaterial>;
  readonly tlsFault?: true;
}

const cases: Case[] = [
  {
    what: "the server's certificate is for another name",
    start: () => agentWith({ commonName: "doppler", altNames: ["doppler", "127.0.0.1"] }),
    message:
      /the server's certificate is for "DNS:doppler, IP Address:127.0.0.1", not for "metron"$/,
    tlsFault: true,
  },
  {
    what: "the server's certificate has expired",
    start: () => agentWith({ commonName: "metron", notAfter: new Date("2020-01-01") }),
    message: /: the server's certificate has expired \(certificate has expired\)$/,
    tlsFault: true,
  },
  {
    what: "the server's certificate is not valid yet",
    start: () =>
      agentWith({
        commonName: "metron",
        notBefore: new Date("2090-01-01"),
        notAfter: new Date("2091-01-01"),
      }),
    message: /: the server's certificate is not valid yet; is the clock of this machine correct\?/,
    tlsFault: true,
  },
  {
    what: "the server's certificate is signed by another authority",
    start: () => GrpcTestServer.startAgent(server),
    tls: async () => ({ ...client, ca: (await createCertificateAuthority()).certificate }),
    message:
      /: tls.ca: the server's certificate is not signed by one of these authorities \(self-signed certificate/,
    tlsFault: true,
  },
  {
    what: "the client's certificate is signed by another authority",
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
    what: "the server does not speak TLS",
    start: () => listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
    message: /: the server does not speak TLS \(wrong version number\)$/,
  },
  {
    what: "the server does not speak HTTP/2",
    start: () => listen(createHttpsServer(server)),
    message: /: the server does not speak HTTP\/2, so it is not a gRPC server/,
  },
  {
    what: "the server speaks another protocol over TLS",
    start: () => listen(createTlsServer(server, (socket) => socket.end("220 ready\r\n"))),
    message: /: the server does not speak HTTP\/2, so it is not a gRPC server/,
  },
  {
    what: "the server supports only old versions of TLS",
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
    what: "the server closes the connection",
    start: () => listen(createServer((socket) => socket.destroy())),
    message:
      /: the server closed the connection during the handshake; it may not accept the certificate/,
  },
  {
    what: "no server listens",
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

test.for(cases)("the error is specific if $what", async ({ start, message, tls, tlsFault }) => {
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

test("if tls fails, the error contains its message and has it as the cause", async () => {
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

test("if the result of tls cannot be used, the error contains the reason", async () => {
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

test("a tls function that never resolves is limited by connectTimeoutMs", async () => {
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

test("the server's alert that rejects the client's certificate is reported immediately", async () => {
  await using emulator = await startEmulator();
  const stranger = await (await createCertificateAuthority()).issue({ commonName: "stranger" });
  const connection = connectionTo(emulator.egress.address, {
    tls: { ...emulator.tls.egress, ...stranger, serverName: "reverselogproxy" },
    connectTimeoutMs: 600_000,
  });
  const error = await failureOf(connection);
  expect(error.message).toMatch(
    /: tls.cert: the server rejected the certificate "CN=stranger" \(tlsv1 alert unknown ca\)$/,
  );
  expect(error.cause).toBeInstanceOf(TlsError);
});
