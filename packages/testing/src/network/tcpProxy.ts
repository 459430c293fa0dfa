import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { TlsRecords } from "./tlsRecords.js";

/** The effect of a proxy on the bytes between client and server. */
export type NetworkCondition =
  | { readonly type: "clear" }
  /** Bytes are lost silently, and so are those of new connections. */
  | { readonly type: "black hole" }
  /** The proxy reads nothing: senders fill the buffers of the system and wait. */
  | { readonly type: "stalled" }
  /** Bytes arrive this much later, in milliseconds, in each direction. */
  | { readonly type: "delay"; readonly ms: number }
  /** At most this many bytes per second pass, in each direction. */
  | { readonly type: "slow"; readonly bytesPerSecond: number }
  /**
   * Each connection is closed after one side has sent this many bytes: with `atRecord` at the end of
   * the first full TLS record after that, which is inside an HTTP/2 frame, otherwise in the middle
   * of a record.
   */
  | { readonly type: "cut"; readonly afterBytes: number; readonly atRecord: boolean }
  /** New connections are reset. */
  | { readonly type: "refuse" };

/** A network between clients and one server whose condition the test controls. */
export class TcpProxy implements AsyncDisposable {
  /** The number of connections accepted so far. */
  accepted = 0;
  port = 0;
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  readonly #target: () => string;
  #condition: NetworkCondition = { type: "clear" };

  /** @param target The server's address; a function is called for each connection. */
  static async to(target: string | (() => string)): Promise<TcpProxy> {
    const proxy = new TcpProxy(typeof target === "string" ? () => target : target);
    await proxy.listen();
    return proxy;
  }

  private constructor(target: () => string) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get condition(): NetworkCondition {
    return this.#condition;
  }

  /** Applies to the connections that exist as well, except that "refuse" leaves them open. */
  set condition(condition: NetworkCondition) {
    this.#condition = condition;
    for (const end of this.#ends) {
      if (condition.type === "stalled") {
        end.pause();
      } else {
        end.resume();
      }
    }
  }

  /**
   * Loses all bytes silently, including those of new connections. Equivalent to the condition
   * "black hole".
   */
  freeze(): void {
    this.condition = { type: "black hole" };
  }

  /** Forwards bytes again. Connections that lost some are no longer usable. */
  thaw(): void {
    this.condition = { type: "clear" };
  }

  /** Resolves once a connection exists. */
  async connected(): Promise<void> {
    if (this.#ends.size === 0) {
      await once(this.#server, "connection");
    }
  }

  /** Resolves once all connections are closed. */
  async drained(): Promise<void> {
    while (this.#ends.size > 0) {
      // Not with `once` of node:events, which rejects if an end fails before it closes.
      await Promise.all(
        [...this.#ends].map((end) => new Promise((resolve) => end.once("close", resolve))),
      );
    }
  }

  /** Closes all connections. */
  cut(): void {
    for (const end of this.#ends) {
      end.destroy();
    }
  }

  /** Resets all connections. */
  reset(): void {
    for (const end of this.#ends) {
      end.resetAndDestroy();
    }
  }

  /** Starts listening again after `close()`, at the same address. */
  async listen(): Promise<void> {
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and closes all connections. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    if (closed !== undefined) {
      this.#server.close();
    }
    this.cut();
    await Promise.all([closed, this.drained()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    this.accepted++;
    this.#keep(client);
    if (this.#condition.type === "refuse") {
      client.resetAndDestroy();
      return;
    }
    if (this.#condition.type === "black hole") {
      client.resume();
      return;
    }
    const [host = "", port] = this.#target().split(":");
    const server = connect({ host, port: Number(port) });
    this.#keep(server);
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
    this.#forward(client, server);
    this.#forward(server, client);
    if (this.#condition.type === "stalled") {
      for (const end of [client, server]) {
        end.pause();
      }
    }
  }

  #forward(from: Socket, to: Socket): void {
    const records = new TlsRecords();
    let passed = 0;
    let dueAt = 0;
    const delayed: (() => void)[] = [];
    /** Runs the action after all delayed ones. */
    const inOrder = (action: () => void, delayMs: number) => {
      const now = performance.now();
      dueAt = Math.max(dueAt, now + delayMs);
      if (dueAt <= now && delayed.length === 0) {
        action();
        return;
      }
      delayed.push(action);
      setTimeout(() => delayed.shift()?.(), dueAt - now);
    };
    const resume = () => {
      if (this.#condition.type !== "stalled") {
        from.resume();
      }
    };
    from.on("data", (chunk: Buffer) => {
      const condition = this.#condition;
      const cut = condition.type === "cut" ? records.cut(chunk, passed, condition) : undefined;
      if (condition.type !== "cut") {
        records.follow(chunk);
      }
      passed += chunk.length;
      if (cut !== undefined) {
        to.write(chunk.subarray(0, cut), () => {
          from.destroy();
          to.destroy();
        });
        from.pause();
      } else if (condition.type === "black hole") {
        // Lost.
      } else if (condition.type === "delay" || delayed.length > 0) {
        inOrder(() => to.write(chunk), condition.type === "delay" ? condition.ms : 0);
      } else {
        const isReady = to.write(chunk);
        const pauseMs =
          condition.type === "slow" ? (chunk.length / condition.bytesPerSecond) * 1_000 : 0;
        if (isReady && pauseMs === 0) {
          return;
        }
        from.pause();
        if (pauseMs > 0) {
          setTimeout(resume, pauseMs);
        } else {
          to.once("drain", resume);
        }
      }
    });
    from.on("end", () => {
      if (this.#condition.type !== "black hole") {
        inOrder(() => to.end(), 0);
      }
    });
  }

  #keep(end: Socket): void {
    end.setNoDelay();
    this.#ends.add(end);
    // A reset ends a connection like any other event.
    end.on("error", () => {});
    end.once("close", () => this.#ends.delete(end));
  }
}
