import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startIngressServer } from "../testing/ingressServer.js";

const servers = new Map<string, string>();
const cleanUp: (() => unknown)[] = [];
let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
  const { server: tls } = certificates;
  const open = new Set<Socket>();
  const hold = (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => {});
  };
  const listen = async (server: Server) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanUp.push(() => server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  cleanUp.push(() => {
    for (const socket of open) {
      socket.destroy();
    }
  });

  const good = await startIngressServer(tls, (call) => call.serve());
  const unread = await startIngressServer(tls, () => {});
  const endless = await startIngressServer(tls, (call) => void call.read());
  for (const server of [good, unread, endless]) {
    cleanUp.push(() => server.close());
  }
  servers.set("a real server", good.address);
  servers.set("a server that never reads", unread.address);
  servers.set("a server that never ends a call", endless.address);
  servers.set("no server", "127.0.0.1:1");
  servers.set("a name that does not resolve", "no-such-host.invalid:3458");
  servers.set("a black hole", await listen(createServer(hold)));
  // Negotiates HTTP/2, and then transfers nothing more.
  const settings = Buffer.from("000000040000000000", "hex");
  const frozen = createTlsServer({ ...tls, requestCert: true, ALPNProtocols: ["h2"] }, (socket) => {
    hold(socket);
    socket.write(settings);
    socket.pause();
  });
  servers.set("a frozen server", await listen(frozen));
  servers.set("a listener with a full queue", await fullListener());
});

afterAll(async () => {
  for (const clean of cleanUp) {
    await clean();
  }
});

/** Starts a listener that accepts no connections and whose queue is full. */
async function fullListener(): Promise<string> {
  const child = fork(fileURLToPath(new URL("../testing/fullListener.mjs", import.meta.url)));
  const [port] = (await once(child, "message")) as [number];
  child.kill("SIGSTOP");
  const sockets = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, "connect")));
  cleanUp.push(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    child.kill("SIGKILL");
  });
  return `127.0.0.1:${port}`;
}

interface Ending {
  readonly server: string;
  readonly how: string;
  readonly delivery?: "acknowledged";
}

const endings: Ending[] = [
  { server: "a real server", how: "closeSend" },
  { server: "a real server", how: "await using" },
  { server: "a real server", how: "closeSend", delivery: "acknowledged" },
  { server: "a real server", how: "abort at once" },
  { server: "a real server", how: "abort later" },
  { server: "a server that never reads", how: "closeSend" },
  { server: "a server that never reads", how: "abort later", delivery: "acknowledged" },
  { server: "a server that never ends a call", how: "closeSend twice" },
  { server: "a server that never ends a call", how: "abort during closeSend" },
  { server: "a server that never ends a call", how: "closeSend", delivery: "acknowledged" },
  { server: "no server", how: "closeSend" },
  { server: "no server", how: "closeSend after a failure" },
  { server: "no server", how: "abort during closeSend" },
  { server: "a name that does not resolve", how: "await using" },
  { server: "a black hole", how: "closeSend twice" },
  { server: "a black hole", how: "abort later", delivery: "acknowledged" },
  { server: "a frozen server", how: "closeSend" },
  { server: "a frozen server", how: "abort later" },
  { server: "a listener with a full queue", how: "closeSend" },
  { server: "a listener with a full queue", how: "abort later" },
];

test.concurrent.for(endings)(
  "with $server, the process exits after $how",
  async ({ server, how, delivery }) => {
    const script = fileURLToPath(new URL("../testing/client.mjs", import.meta.url));
    const address = servers.get(server);
    const closeTimeoutMs = server === "a real server" ? 60_000 : 200;
    const options = {
      address,
      tls: certificates.client,
      how,
      delivery,
      size: 20_000,
      closeTimeoutMs,
    };
    // Rejects for every exit code but 0.
    const { stdout } = await promisify(execFile)(process.execPath, [
      script,
      JSON.stringify(options),
    ]);
    const { kept, stats } = JSON.parse(stdout);
    expect(kept).toEqual([]);
    expect(stats.sent + stats.dropped).toBe(20);
    expect(stats.queued).toBe(0);
    if (server === "a real server" && !how.startsWith("abort")) {
      expect(stats.sent).toBe(20);
    }
  },
);
