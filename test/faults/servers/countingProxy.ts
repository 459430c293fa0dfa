import { connect, createServer, type Socket } from "node:net";
import { listen, type TestServer } from "@loggregator/testing";

/** A TCP proxy in front of an HTTP server, which counts requests and bytes of responses. */
export class CountingProxy implements AsyncDisposable {
  requests = 0;
  bytes = 0;
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async start(target: string): Promise<CountingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((client) => {
      const upstream: Socket = connect(Number(port), hostname);
      client.on("data", (data) => {
        proxy.requests += data.toString("latin1").split("GET /").length - 1;
        upstream.write(data);
      });
      upstream.on("data", (data) => {
        proxy.bytes += data.length;
        client.write(data);
      });
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        socket.on("close", () => other.destroy());
        socket.on("error", () => other.destroy());
      }
    });
    const proxy = new CountingProxy(await listen(server));
    return proxy;
  }

  get url(): string {
    return `http://${this.#server.address}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
