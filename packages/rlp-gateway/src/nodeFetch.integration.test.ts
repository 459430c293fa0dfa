import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { selectLog } from "@loggregator/api";
import { uaaClientCredentials } from "@loggregator/auth";
import { nodeFetch } from "@loggregator/core/node";
import {
  batchEvent,
  listen,
  reserveTcpPort,
  type TestServer,
  take,
  takeUntilError,
} from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { RlpGatewayClient } from "./index.js";

const request = { selectors: [selectLog()] };

let certificates: Awaited<ReturnType<typeof createCertificates>>;

beforeAll(async () => {
  certificates = await createCertificates({ commonName: "localhost", altNames: ["localhost"] });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A gateway that is also the UAA. */
const gateway: RequestListener = (request, response) => {
  if (request.url === "/oauth/token") {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"access_token":"the-token","token_type":"bearer","expires_in":600}');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(
    batchEvent(`${request.headers.authorization} ${request.headers["cache-control"]}`),
  );
};

/** A proxy that records its requests and responds to CONNECT with `status`. */
async function startProxy(status = "200 OK") {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    if (!status.startsWith("200")) {
      response.writeHead(Number(status.slice(0, 3))).end();
    } else {
      gateway(request, response);
    }
  });
  const tunnels = new Set<Socket>();
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    requests.push(request);
    socket.on("error", () => {});
    if (!status.startsWith("200")) {
      socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
      return;
    }
    const [, port] = (request.url ?? "").split(":");
    const target = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket);
      socket.pipe(target);
    });
    for (const end of [socket, target]) {
      tunnels.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        tunnels.delete(end);
        socket.destroy();
        target.destroy();
      });
    }
  });
  const listening = await listen(server);
  return {
    requests,
    tunnels,
    url: `http://${listening.address}`,
    async [Symbol.asyncDispose]() {
      for (const socket of tunnels) {
        socket.destroy();
      }
      await listening[Symbol.asyncDispose]();
    },
  };
}

async function startGateway(): Promise<TestServer & { url: string }> {
  const { cert, key } = certificates.server;
  const server = await listen(createHttpsServer({ cert, key }, gateway));
  return Object.assign(server, { url: `https://localhost:${server.port}` });
}

describe("a request goes through the environment's proxy", () => {
  test("in a tunnel for https, for the gateway and for UAA, and closes it", async () => {
    await using server = await startGateway();
    await using proxy = await startProxy();
    const fetch = nodeFetch({
      ca: certificates.server.ca,
      env: { HTTPS_PROXY: proxy.url.replace("//", "//user%40:pass%3Aword@") },
    });
    const token = uaaClientCredentials({
      url: server.url,
      clientId: "c",
      clientSecret: "s",
      fetch,
    });
    const client = new RlpGatewayClient({ url: server.url, token, fetch });
    expect(await take(client.stream(request), 1)).toEqual(["bearer the-token no-cache"]);
    expect(proxy.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `CONNECT localhost:${server.port}`,
      `CONNECT localhost:${server.port}`,
    ]);
    for (const { headers } of proxy.requests) {
      expect(headers["proxy-authorization"]).toBe(`Basic ${btoa("user@:pass:word")}`);
      expect(headers.authorization).toBeUndefined();
    }
    await vi.waitFor(() => expect(proxy.tunnels.size).toBe(0), { timeout: 20_000 });
  });

  test("by default, without a custom fetch", async () => {
    await using proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("http_proxy", "");
    vi.stubEnv("no_proxy", "");
    vi.stubEnv("NO_PROXY", "");
    const client = new RlpGatewayClient({ url: "http://gateway.example", token: "t" });
    expect(await take(client.stream(request), 1)).toEqual(["bearer t no-cache"]);
    expect(proxy.requests.map(({ url }) => url)).toEqual(["http://gateway.example/v2/read?log"]);
  });

  test("unless NO_PROXY lists its host", async () => {
    await using server = await startGateway();
    await using proxy = await startProxy();
    const fetch = nodeFetch({
      ca: [certificates.server.ca],
      env: { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" },
    });
    const client = new RlpGatewayClient({ url: server.url, token: "t", fetch });
    expect(await take(client.stream(request), 1)).toEqual(["bearer t no-cache"]);
    expect(proxy.requests).toEqual([]);
  });

  test("unless the program has installed its own fetch", async () => {
    await using proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      return new Response(batchEvent("a"), { headers: { "content-type": "text/event-stream" } });
    });
    try {
      const client = new RlpGatewayClient({ url: "http://gateway.example", token: "t" });
      expect(await take(client.stream(request), 1)).toEqual(["a"]);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toEqual(["http://gateway.example/v2/read?log"]);
    expect(proxy.requests).toEqual([]);
  });
});

describe("an error names the proxy", () => {
  async function failure(HTTPS_PROXY: string): Promise<Error> {
    const client = new RlpGatewayClient({
      url: "https://gateway.example",
      token: "t",
      fetch: nodeFetch({ env: { HTTPS_PROXY } }),
      logger: null,
      maxRetries: 0,
    });
    return (await takeUntilError(client.stream(request))).error as Error;
  }

  test.each<[string, RegExp]>([
    ["407 Proxy Authentication Required", /407 Proxy.*user and password in HTTPS_PROXY/],
    ["403 Forbidden", /403 Forbidden.*whether the proxy permits this host.*NO_PROXY/],
  ])("that responds with %s, its response and a remedy", async (status, message) => {
    await using proxy = await startProxy(status);
    const error = await failure(proxy.url.replace("//", "//user:geheim@"));
    expect(error).toMatchObject({ name: "RetriesExhaustedError" });
    expect(error.message).toContain(`the proxy ${proxy.url} refused`);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/geheim|undefined/);
    expect(error.cause).toMatchObject({
      name: "GatewayConnectionError",
      url: "https://gateway.example/v2/read?log",
      cause: { code: "ERR_PROXY" },
    });
  });

  test("and shows no control characters of its response", async () => {
    await using proxy = await startProxy(`403 \x1b[31m${"no".repeat(100)}`);
    const { message } = await failure(proxy.url);
    expect(message).toMatch(/: 403 \\u001b\[31m(?:no){27}n?\. Check HTTPS_PROXY/);
  });

  test("whose user and password are not percent-encoded", async () => {
    await using proxy = await startProxy("403 Forbidden");
    expect((await failure(proxy.url.replace("//", "//us%er:%zz@"))).message).toContain(
      "403 Forbidden",
    );
    expect(proxy.requests[0]?.headers["proxy-authorization"]).toBe(`Basic ${btoa("us%er:%zz")}`);
  });

  test("that is down", async () => {
    await using port = await reserveTcpPort();
    const error = await failure(`http://${port.address}`);
    expect(error.message).toMatch(
      new RegExp(`cannot connect to the proxy http://${port.address}: .*ECONNREFUSED.*NO_PROXY`),
    );
  });

  test("that closes the connection without a response", async () => {
    const server = createServer();
    server.on("connect", (_, socket) => socket.destroy());
    await using proxy = await listen(server);
    const error = await failure(`http://${proxy.address}`);
    expect(error.message).toMatch(/cannot connect to the proxy http:/);
  });

  test("whose URL is invalid, which is not retried", async () => {
    const error = await failure("socks5://user:geheim@proxy.example:1080");
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^HTTPS_PROXY must be the URL of an HTTP proxy/);
    expect(error.message).not.toMatch(/geheim/);
  });
});

test("an abort ends a wait for the proxy, and its connection", async () => {
  const server = createServer();
  const connected = once(server, "connect");
  await using proxy = await listen(server);
  const abort = new AbortController();
  const client = new RlpGatewayClient({
    url: "https://gateway.example",
    token: "t",
    fetch: nodeFetch({ env: { HTTPS_PROXY: `http://${proxy.address}` } }),
  });
  const taking = take(client.stream(request, abort), 1);
  const [, socket] = (await connected) as [IncomingMessage, Socket];
  socket.on("error", () => {});
  const ended = once(socket.resume(), "end");
  abort.abort();
  expect(await taking).toEqual([]);
  await ended;
});
