import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A network between client and server that counts connections, and that can be cut. */
export class TcpProxy implements AsyncDisposable {
  /** How many connections there have been. */
  accepted = 0;
  readonly address: string;
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  readonly #target: { host: string; port: number };
  #frozen = false;

  static async to(address: string): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TcpProxy(server, address);
  }

  private constructor(server: Server, target: string) {
    const [host = "", port] = target.split(":");
    this.#target = { host, port: Number(port) };
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket) => this.#accept(socket));
  }

  /** Resolves when there is a connection. */
  async connected(): Promise<void> {
    if (this.#ends.size === 0) await once(this.#server, "connection");
  }

  /** Resolves when all connections are closed. */
  async drained(): Promise<void> {
    while (this.#ends.size > 0) {
      const closed = [...this.#ends].map(
        (end) => new Promise((resolve) => end.once("close", resolve)),
      );
      await Promise.all(closed);
    }
  }

  /** From now on what is sent is lost, and nobody is told: neither on these connections nor on new ones. */
  freeze(): void {
    this.#frozen = true;
    for (const end of this.#ends) {
      end.unpipe();
      end.resume();
    }
  }

  /** New connections get through again. */
  thaw(): void {
    this.#frozen = false;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await this.drained();
  }

  #accept(client: Socket): void {
    this.accepted++;
    this.#keep(client);
    if (this.#frozen) {
      client.resume();
      return;
    }
    const server = connect(this.#target);
    this.#keep(server);
    client.pipe(server).pipe(client);
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
  }

  #keep(end: Socket): void {
    end.setNoDelay();
    this.#ends.add(end);
    // A reset is as good an end as any.
    end.on("error", () => {});
    end.once("close", () => this.#ends.delete(end));
  }
}
