import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What a proxy does to the bytes between client and server. */
export type Weather =
  | { readonly type: "clear" }
  /** What is sent is lost, and nobody is told. */
  | { readonly type: "black hole" }
  /** Everything is this late, in milliseconds, each way. */
  | { readonly type: "delay"; readonly ms: number }
  /** So many bytes pass in a second, each way. */
  | { readonly type: "slow"; readonly bytesPerSecond: number }
  /**
   * Each connection breaks after one side has sent so many bytes: with `atRecord`, at the end of
   * the first full TLS record after that, which is inside an HTTP/2 frame; otherwise in the middle
   * of a record.
   */
  | { readonly type: "cut"; readonly afterBytes: number; readonly atRecord: boolean }
  /** New connections are reset. */
  | { readonly type: "refuse" };

/** A network between clients and one server, with weather. */
export class NetworkProxy implements AsyncDisposable {
  port = 0;
  weather: Weather = { type: "clear" };
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  readonly #target: () => string;

  /** @param target Asked for the server's address at each connection. */
  static async to(target: () => string): Promise<NetworkProxy> {
    const proxy = new NetworkProxy(target);
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

  /** Listens, at the same port each time. */
  async listen(): Promise<void> {
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Leaves its port, and breaks all connections. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const end of this.#ends) end.destroy();
    await closed;
  }

  /** Resets all connections. */
  reset(): void {
    for (const end of this.#ends) end.resetAndDestroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.weather.type === "refuse") {
      client.resetAndDestroy();
      return;
    }
    const [host = "", port] = this.#target().split(":");
    const server = connect({ host, port: Number(port) });
    this.#keep(server);
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
    this.#pass(client, server);
    this.#pass(server, client);
  }

  #pass(from: Socket, to: Socket): void {
    const records = new Records();
    let passed = 0;
    let dueAt = 0;
    const late: (() => void)[] = [];
    /** Does it when all that is late has been done. */
    const inTurn = (action: () => void, delayMs: number) => {
      const now = performance.now();
      dueAt = Math.max(dueAt, now + delayMs);
      if (dueAt <= now && late.length === 0) return action();
      late.push(action);
      setTimeout(() => late.shift()?.(), dueAt - now);
    };
    from.on("data", (chunk: Buffer) => {
      const { weather } = this;
      const cut = weather.type === "cut" ? records.cut(chunk, passed, weather) : undefined;
      if (weather.type !== "cut") records.follow(chunk);
      passed += chunk.length;
      if (cut !== undefined) {
        to.write(chunk.subarray(0, cut), () => {
          from.destroy();
          to.destroy();
        });
        from.pause();
      } else if (weather.type === "black hole") {
        // Lost.
      } else if (weather.type === "delay" || late.length > 0) {
        inTurn(() => to.write(chunk), weather.type === "delay" ? weather.ms : 0);
      } else {
        const ready = to.write(chunk);
        const pauseMs =
          weather.type === "slow" ? (chunk.length / weather.bytesPerSecond) * 1_000 : 0;
        if (ready && pauseMs === 0) return;
        from.pause();
        if (pauseMs > 0) setTimeout(() => from.resume(), pauseMs);
        else to.once("drain", () => from.resume());
      }
    });
    from.on("end", () => inTurn(() => to.end(), 0));
  }

  #keep(end: Socket): void {
    end.setNoDelay();
    this.#ends.add(end);
    // A reset is as good an end as any.
    end.on("error", () => {});
    end.once("close", () => this.#ends.delete(end));
  }
}

/** A full TLS record: what a sender splits its frames into. */
const fullRecordBytes = 16 * 1024;

/** Follows the TLS records in a stream of bytes. */
class Records {
  #head: number[] = [];
  #length = 0;
  /** How many bytes of the present record's body are still to come. */
  #left = 0;

  follow(chunk: Buffer): void {
    this.#walk(chunk, () => false);
  }

  /** Where in the chunk to break off, if there. */
  cut(
    chunk: Buffer,
    passed: number,
    { afterBytes, atRecord }: { readonly afterBytes: number; readonly atRecord: boolean },
  ): number | undefined {
    return this.#walk(chunk, (position, inside) => {
      if (passed + position < afterBytes) return false;
      return atRecord ? !inside && this.#length >= fullRecordBytes : inside;
    });
  }

  /**
   * Calls with the position behind each record, and with that behind the first half of the part of
   * each record that is in this chunk. Stops where it returns true.
   */
  #walk(chunk: Buffer, stop: (position: number, inside: boolean) => boolean): number | undefined {
    let position = 0;
    while (position < chunk.length) {
      if (this.#left === 0) {
        this.#head.push(chunk[position++] as number);
        if (this.#head.length < 5) continue;
        this.#length = ((this.#head[3] as number) << 8) | (this.#head[4] as number);
        this.#left = this.#length;
        this.#head = [];
        continue;
      }
      const here = Math.min(this.#left, chunk.length - position);
      if (here > 1 && stop(position + (here >> 1), true)) return position + (here >> 1);
      position += here;
      this.#left -= here;
      if (this.#left === 0 && stop(position, false)) return position;
    }
    return undefined;
  }
}
