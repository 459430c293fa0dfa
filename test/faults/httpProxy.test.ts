import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { logEnvelope, selectLog } from "@loggregator/api";
import { nodeFetch } from "@loggregator/core/node";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { createCertificateAuthority, type Emulator, startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { listen, Recorder, reserveTcpPort } from "@loggregator/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expectReleased, resources } from "./measures/resources.js";

// A proxy is not used for loopback, so clients connect to a name that only the proxy resolves.

const host = "loggregator.example";

beforeEach(() => {
  for (const name of ["HTTPS_PROXY", "NO_PROXY", "no_proxy"]) {
    vi.stubEnv(name, "");
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A proxy's answer to CONNECT, and a pattern for the message of the client's error. */
const refusals: Record<string, { answer: (socket: Socket) => void; message: RegExp }> = {
  "asks for credentials": {
    answer: (socket) => {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    },
    message: /407/,
  },
  "forbids the server": {
    answer: (socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    },
    message: /403/,
  },
  "answers with a page": {
    answer: (socket) => {
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 12\r\n\r\n<h1>502</h1>");
    },
    message: /502/,
  },
  "closes the connection": { answer: (socket) => socket.destroy(), message: /proxy/ },
};

/** Starts an HTTP proxy on a port. It answers CONNECT with `refuse`, or forwards to loopback. */
async function startProxy(port: number, refuse?: (socket: Socket) => void) {
  const server = createServer();
  server.on("connect", (request, socket: Socket) => {
    socket.on("error", () => {});
    if (refuse !== undefined) {
      refuse(socket);
      return;
    }
    const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    target.on("error", () => {}).on("close", () => socket.destroy());
    socket.on("close", () => target.destroy());
  });
  return await listen(server, { port, host: "127.0.0.1" });
}

interface Setting {
  readonly emulator: Emulator;
  readonly logger: {
    debug(): void;
    info(): void;
    warn(text: string): void;
    error(text: string): void;
  };
}

const portOf = (address: string) => address.slice(address.lastIndexOf(":") + 1);

/** The clients. Each function resolves when one envelope was delivered. */
const clients: Record<string, (setting: Setting) => Promise<void>> = {
  ingress: (setting) => emit("stream", setting),
  "ingress, acknowledged": (setting) => emit("acknowledged", setting),
  egress: async ({ emulator, logger }) => {
    await using connector = new EnvelopeStreamConnector({
      address: `${host}:${portOf(emulator.egress.address)}`,
      tls: emulator.tls.egress,
      logger,
    });
    await readOne(connector.stream({ selectors: [selectLog()] }), emulator);
  },
  gateway: async ({ emulator, logger }) => {
    await using client = new RlpGatewayClient({
      url: `https://${host}:${portOf(emulator.gateway.httpsAddress ?? "")}`,
      token: "any-token",
      fetch: nodeFetch({ ca: emulator.tls.egress.ca }),
      logger,
    });
    await readOne(client.stream({ selectors: [selectLog()] }), emulator);
  },
};

async function emit(
  delivery: "stream" | "acknowledged",
  { emulator, logger }: Setting,
): Promise<void> {
  const client = new IngressClient({
    address: `${host}:${portOf(emulator.ingress.address)}`,
    tls: emulator.tls.ingress,
    delivery,
    logger,
  });
  client.emitLog("hello", { sourceId: "app" });
  await client.flush();
  await client.close();
  expect(client.stats).toMatchObject({ sent: 1, dropped: 0, queued: 0 });
}

async function readOne(stream: AsyncIterable<unknown>, emulator: Emulator): Promise<void> {
  const opened = emulator.until(
    ({ egressStreams, gatewayStreams }) => egressStreams + gatewayStreams === 1,
  );
  const emitted = opened.then(() => emulator.emit(logEnvelope("hello", { sourceId: "app" })));
  for await (const _ of stream) {
    break;
  }
  await emitted;
}

async function runFault(
  open: (setting: Setting) => Promise<void>,
  refuse: ((socket: Socket) => void) | undefined,
  message: RegExp,
): Promise<void> {
  const before = resources();
  {
    const authority = await createCertificateAuthority();
    const rlpGateway = await authority.issue({ commonName: host, altNames: [host] });
    await using emulator = await startEmulator({
      tls: { authority, rlpGateway },
      gateway: { httpsAddress: "127.0.0.1:0", allowedHosts: [host] },
    });
    await using port = await reserveTcpPort();
    const proxy = refuse && (await startProxy(port.port, refuse));
    vi.stubEnv("https_proxy", `http://${port.address}`);
    const messages = new Recorder<string>();
    const silent = () => {};
    const logger = { debug: silent, info: silent, warn: messages.add, error: messages.add };
    const done = open({ emulator, logger });
    await messages.count(1);
    expect(messages.values[0]).toContain(port.address);
    expect(messages.values[0]).toMatch(message);
    await proxy?.[Symbol.asyncDispose]();
    await using _ = await startProxy(port.port);
    await done;
  }
  await expectReleased(before);
}

for (const [client, open] of Object.entries(clients)) {
  test.each(Object.entries(refusals))(
    `${client}: recovers after a proxy %s`,
    (_, { answer, message }) => runFault(open, answer, message),
  );

  test(`${client}: recovers once the proxy is running`, () =>
    runFault(open, undefined, /refused/i));
}
