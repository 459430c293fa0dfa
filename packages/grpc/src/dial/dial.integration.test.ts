import dns, { type LookupAddress } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { connect, createServer, type Server, type Socket } from "node:net";
import { GrpcTestServer, listen, reserveTcpPort, type TestServer } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import {
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { Connection, ConnectionError, type ConnectionOptions } from "../index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const variables = ["https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"] as const;
const environment = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

beforeEach(() => {
  for (const name of variables) {
    delete process.env[name];
  }
});

afterEach(() => {
  for (const name of variables) {
    const value = environment[name];
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
});

function connectionTo(address: string, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ address, tls: certificates.client, serverName: "metron", ...options });
}

/** Connects and closes; resolves with the error's message if that fails. */
async function outcomeOf(connection: Connection, signal = new AbortController().signal) {
  const release = connection.acquire();
  try {
    await connection.ready(signal);
    return "connected";
  } catch (error) {
    if (!signal.aborted) {
      expect(error).toBeInstanceOf(ConnectionError);
    }
    return (error as Error).message;
  } finally {
    release();
  }
}

type Lookup = (
  name: string,
  callback: (error: Error | null, addresses?: LookupAddress[]) => void,
) => void;

/** Replaces the process's resolver until the end of the test. */
function resolveWith(lookup: Lookup): void {
  const spy = vi
    .spyOn(dns, "lookup")
    .mockImplementation(((name: string, ...rest: unknown[]) =>
      lookup(name, rest.at(-1) as Parameters<Lookup>[1])) as never);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
}

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });

describe("the lookup", () => {
  test("is limited by connectTimeoutMs if it never resolves", async () => {
    resolveWith(() => {});
    expect(await outcomeOf(connectionTo("agent.test:3458", { connectTimeoutMs: 50 }))).toBe(
      "cannot connect to agent.test:3458: timed out after 50 ms, waiting for the lookup of the host name",
    );
  });

  test.for<[string, Lookup, string]>([
    [
      "no address",
      (_, callback) => setImmediate(callback, null, []),
      'the lookup of "agent.test" returned no address',
    ],
    [
      "neither an error nor addresses",
      (_, callback) => setImmediate(callback, null),
      'the lookup of "agent.test" returned no address',
    ],
    [
      "an error",
      (name, callback) =>
        setImmediate(
          callback,
          Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }),
        ),
      "the host name cannot be resolved; check the address (getaddrinfo ENOTFOUND agent.test)",
    ],
  ])("that returns %s is an error", async ([, lookup, reason]) => {
    resolveWith(lookup);
    expect(await outcomeOf(connectionTo("agent.test:3458"))).toBe(
      `cannot connect to agent.test:3458: ${reason}`,
    );
  });

  test("can be aborted", async () => {
    const abort = new AbortController();
    resolveWith(() => setImmediate(() => abort.abort(new Error("enough"))));
    expect(await outcomeOf(connectionTo("agent.test:3458"), abort.signal)).toBe("enough");
  });
});

/** A server that accepts connections and does not answer. */
async function silentServer(host: string, port = 0): Promise<TestServer> {
  return listen(
    createServer((socket) => socket.resume()),
    { host, port },
  );
}

describe("several addresses", () => {
  test("the next address is tried if one refuses the connection", async () => {
    await using server = await GrpcTestServer.startAgent(certificates.server);
    const port = server.address.split(":")[1];
    resolveWith((_, callback) =>
      setImmediate(callback, null, [v6("::1"), v4("127.0.0.9"), v4("127.0.0.1")]),
    );
    expect(await outcomeOf(connectionTo(`agent.test:${port}`))).toBe("connected");
  });

  test("the next address is tried if one does not respond, within connectTimeoutMs", async () => {
    await using server = await GrpcTestServer.startAgent(certificates.server);
    const port = Number(server.address.split(":")[1]);
    // 192.0.2.0/24 is reserved: connections time out, or fail because it is unreachable.
    resolveWith((_, callback) =>
      setImmediate(callback, null, [v4("192.0.2.1"), v4("192.0.2.2"), v4("127.0.0.1")]),
    );
    expect(await outcomeOf(connectionTo(`agent.test:${port}`))).toBe("connected");
  });

  test("the next address is tried if one does not complete the handshake", async () => {
    await using server = await GrpcTestServer.startAgent(certificates.server);
    const port = Number(server.address.split(":")[1]);
    await using _ = await listen(
      createServer((socket) => socket.destroy()),
      { host: "127.0.0.2", port },
    );
    resolveWith((_, callback) => setImmediate(callback, null, [v4("127.0.0.2"), v4("127.0.0.1")]));
    expect(await outcomeOf(connectionTo(`agent.test:${port}`))).toBe("connected");
  });

  test("the error lists all refused addresses", async () => {
    await using port = await reserveTcpPort();
    const number = port.address.split(":")[1];
    resolveWith((_, callback) => setImmediate(callback, null, [v4("127.0.0.1"), v4("127.0.0.2")]));
    expect(await outcomeOf(connectionTo(`agent.test:${number}`))).toBe(
      `cannot connect to agent.test:${number}: connection refused; is the server running and listening on this port? (connect ECONNREFUSED 127.0.0.1:${number}; connect ECONNREFUSED 127.0.0.2:${number})`,
    );
  });

  test("an attempt that timed out leaves no socket", async () => {
    await using silent = await silentServer("127.0.0.1");
    await using other = await silentServer("127.0.0.2", silent.port);
    resolveWith((_, callback) => setImmediate(callback, null, [v4("127.0.0.1"), v4("127.0.0.2")]));
    expect(
      await outcomeOf(connectionTo(`agent.test:${silent.port}`, { connectTimeoutMs: 100 })),
    ).toMatch(/timed out after 100 ms, waiting for the TLS handshake$/);
    while (silent.sockets.size + other.sockets.size > 0) {
      await new Promise(setImmediate);
    }
  });
});

/** A proxy that answers CONNECT as `answer` does. */
async function proxyThat(
  answer: (socket: Socket, head: string) => void,
): Promise<TestServer & { readonly requests: string[] }> {
  const requests: string[] = [];
  const server: Server = createServer((socket) => {
    socket.once("data", (head: Buffer) => {
      requests.push(head.toString());
      answer(socket, head.toString());
    });
  });
  return Object.assign(await listen(server), { requests });
}

describe("a proxy of the environment", () => {
  test("is used for other machines, with the user of its URL", async () => {
    await using server = await GrpcTestServer.startAgent(certificates.server);
    const [, port] = server.address.split(":");
    await using proxy = await proxyThat((socket) => {
      socket.write("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
      const there = connect(Number(port), "127.0.0.1").on("error", () => {});
      socket.pipe(there).pipe(socket);
    });
    process.env["https_proxy"] = `http://me:p%40ss@${proxy.address}`;
    expect(await outcomeOf(connectionTo("rlp.test:8082"))).toBe("connected");
    expect(proxy.requests).toEqual([
      `CONNECT rlp.test:8082 HTTP/1.1\r\nHost: rlp.test:8082\r\nProxy-Authorization: Basic ${btoa("me:p@ss")}\r\n\r\n`,
    ]);
  });

  test("is not used for loopback addresses, with no_proxy, or if useProxy is false", async () => {
    await using server = await GrpcTestServer.startAgent(certificates.server);
    const [, port] = server.address.split(":");
    process.env["https_proxy"] = "http://127.0.0.1:1";
    expect(await outcomeOf(connectionTo(server.address))).toBe("connected");
    resolveWith((_, callback) => setImmediate(callback, null, [v4("127.0.0.1")]));
    const address = `rlp.test:${port}`;
    expect(await outcomeOf(connectionTo(address))).toMatch(/the proxy 127.0.0.1:1/);
    expect(await outcomeOf(connectionTo(address, { useProxy: false }))).toBe("connected");
    const channelOptions = { "grpc.enable_http_proxy": 0 };
    expect(await outcomeOf(connectionTo(address, { channelOptions }))).toBe("connected");
    process.env["no_proxy"] = ".test";
    expect(await outcomeOf(connectionTo(address))).toBe("connected");
  });

  test.for<[string, (socket: Socket) => void, string]>([
    [
      "refuses",
      (socket) => socket.end("HTTP/1.1 403 Forbidden\r\nServer: squid\r\n\r\n"),
      "it refused the connection with HTTP status 403 Forbidden",
    ],
    [
      "requires a password",
      (socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
      "it refused the connection with HTTP status 407 Proxy Authentication Required because it requires a user and a password",
    ],
    [
      "is not a proxy",
      (socket) => socket.end("220 mail\r\n\r\n"),
      "it did not respond like an HTTP proxy",
    ],
    ["closes the connection", (socket) => socket.end(), "it closed the connection"],
    [
      "sends an endless response",
      (socket) => socket.write("HTTP/1.1 200 OK\r\n".padEnd(20_000, "x")),
      "its response header is too long",
    ],
  ])(
    "that %s is named in the error, with its response and a remedy",
    async ([, answer, reason]) => {
      await using proxy = await proxyThat(answer);
      process.env["HTTPS_PROXY"] = `http://me:secret@${proxy.address}`;
      expect(await outcomeOf(connectionTo("rlp.test:8082"))).toBe(
        `cannot connect to rlp.test:8082: the proxy ${proxy.address} (https_proxy) cannot be used: ${reason}. Correct the proxy, or list the server in no_proxy`,
      );
    },
  );

  test("that is down is named in the error", async () => {
    await using port = await reserveTcpPort();
    process.env["https_proxy"] = `http://${port.address}`;
    expect(await outcomeOf(connectionTo("rlp.test:8082"))).toBe(
      `cannot connect to rlp.test:8082: the proxy ${port.address} (https_proxy) cannot be used: connect ECONNREFUSED ${port.address}. Correct the proxy, or list the server in no_proxy`,
    );
  });

  test("that does not answer is limited by connectTimeoutMs", async () => {
    await using proxy = await silentServer("127.0.0.1");
    process.env["https_proxy"] = `http://${proxy.address}`;
    expect(await outcomeOf(connectionTo("rlp.test:8082", { connectTimeoutMs: 50 }))).toBe(
      "cannot connect to rlp.test:8082: timed out after 50 ms, waiting for the proxy",
    );
    while (proxy.sockets.size > 0) {
      await new Promise(setImmediate);
    }
  });

  test.for(["socks5://me:secret@proxy:1080", "http://", "http://me:secret@:x"])(
    "with an unusable URL (%s) is an error that does not show the URL",
    async (value) => {
      process.env["https_proxy"] = value;
      const message = await outcomeOf(connectionTo("rlp.test:8082"));
      expect(message).toMatch(
        /the proxy in the environment \(https_proxy\) must be an http:\/\/ URL/,
      );
      expect(message).not.toContain("secret");
    },
  );
});
