import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { type Envelope, formatEnvelopeBatch, logEnvelope } from "@loggregator/api";

/** One request to the fake gateway, and what a test does with it. */
export class Connection {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Settles when the client, or the test, has closed the connection. */
  readonly closed: Promise<unknown>;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    this.closed = once(response, "close");
    response.on("error", () => {});
  }

  /** Answers as the gateway does when it streams. */
  open(): this {
    this.#response.writeHead(200, { "content-type": "text/event-stream" });
    this.#response.flushHeaders();
    return this;
  }

  /** Answers with an error as the gateway does: JSON that is labelled plain text. */
  fail(status: number, code: string, message: string): void {
    this.#response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
    this.#response.end(`${JSON.stringify({ message, error: code })}\n`);
  }

  answer(
    status: number,
    type: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    this.#response.writeHead(status, { "content-type": type, ...headers });
    this.#response.end(body);
  }

  /** Answers with the beginning of a body that never ends. */
  hang(status: number, body: string): void {
    this.#response.writeHead(status, { "content-type": "text/plain" });
    this.#response.write(body);
  }

  /** Each piece is an HTTP chunk of its own. Settles when more may be written. */
  async write(...pieces: (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      if (!this.#response.write(piece) && !this.#response.destroyed) {
        await Promise.race([once(this.#response, "drain"), this.closed]);
      }
    }
  }

  send(...messages: string[]): Promise<void> {
    return this.write(...messages.map((message) => batchEvent(message)));
  }

  /** Ends the response as the gateway does at its time limit. */
  async closeStream(): Promise<void> {
    await this.write(closingEvent);
    this.#response.end();
  }

  /** Ends the response in an orderly way, without a `closing`. */
  end(): void {
    this.#response.end();
  }

  /** Cuts the connection once what was written has left this process. */
  async cut(): Promise<void> {
    await new Promise((resolve) => this.#response.write(": cut\n", resolve));
    this.#response.destroy();
  }
}

export const closingEvent = "event: closing\ndata: closing due to stream timeout\n\n";
export const heartbeatEvent = "event: heartbeat\ndata: 1795363066\n\n";

/** The event of a batch with one log of this text. */
export function batchEvent(...messages: string[]): string {
  return `data: ${batchJson(...messages)}\n\n`;
}

export function batchJson(...messages: string[]): string {
  const batch = messages.map((message) => logEnvelope(message, { timestamp: 1n, sourceId: "app" }));
  return formatEnvelopeBatch({ batch }, { emitUnpopulated: true });
}

/** A server on loopback whose connections a test handles, one after the other. */
export class FakeGateway implements AsyncDisposable {
  readonly connections: Connection[] = [];
  readonly #server: Server | Http2SecureServer;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server | Http2SecureServer, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on(scheme === "https" ? "secureConnection" : "connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** @param identity - Its certificate and key: it then speaks HTTP/2 only, over TLS. */
  static async start(
    handle: (connection: Connection, index: number) => unknown,
    identity?: { cert: string; key: string },
  ): Promise<FakeGateway> {
    const server = identity === undefined ? createServer() : createSecureServer(identity);
    const gateway = new FakeGateway(server, identity === undefined ? "http" : "https");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const connection = new Connection(request, response);
      gateway.connections.push(connection);
      handle(connection, gateway.connections.length - 1);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gateway;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** The text of each log. */
export function texts(batch: readonly Envelope[]): string[] {
  return batch.map(({ message }) =>
    message?.$case === "log" ? new TextDecoder().decode(message.value.payload) : "no log",
  );
}

/** The texts of the first so many envelopes, after which the loop is left. */
export async function take(stream: AsyncIterable<Envelope[]>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const batch of stream) {
    taken.push(...texts(batch));
    if (taken.length >= count) break;
  }
  return taken;
}

/** What the iteration throws, and the texts that came before. */
export async function takeUntilError(
  stream: AsyncIterable<Envelope[]>,
): Promise<{ taken: string[]; error: unknown }> {
  const taken: string[] = [];
  try {
    for await (const batch of stream) taken.push(...texts(batch));
  } catch (error) {
    return { taken, error };
  }
  throw new Error(`expected the stream to fail, got its end after ${taken.length} envelopes`);
}
