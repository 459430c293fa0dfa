import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { type Envelope, formatEnvelopeBatch, logEnvelope } from "@loggregator/api";

/** A request to the fake gateway, to be answered by the test. */
export class GatewayConnection {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Resolves when the client or the test has closed the connection. */
  readonly closed: Promise<unknown>;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    this.closed = once(response, "close");
    response.on("error", () => {});
  }

  /** Sends the headers of a stream. */
  open(): this {
    this.#response.writeHead(200, { "content-type": "text/event-stream" });
    this.#response.flushHeaders();
    return this;
  }

  /** Answers with an error as the gateway does: JSON with the content type text/plain. */
  fail(status: number, code: string, message: string): void {
    this.#response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
    this.#response.end(`${JSON.stringify({ message, error: code })}\n`);
  }

  /** Answers with any response. */
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

  /** Writes each piece as one HTTP chunk. Resolves when more may be written. */
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

  /** Ends the response without a closing event. */
  end(): void {
    this.#response.end();
  }

  /** Closes the connection once all written data has left this process. */
  async cut(): Promise<void> {
    await new Promise((resolve) => this.#response.write(": cut\n", resolve));
    this.#response.destroy();
  }
}

export const closingEvent = "event: closing\ndata: closing due to stream timeout\n\n";
export const heartbeatEvent = "event: heartbeat\ndata: 1795363066\n\n";

/** Returns an event with a batch of logs, one for each text. */
export function batchEvent(...messages: string[]): string {
  return `data: ${batchJson(...messages)}\n\n`;
}

export function batchJson(...messages: string[]): string {
  const batch = messages.map((message) => logEnvelope(message, { timestamp: 1n, sourceId: "app" }));
  return formatEnvelopeBatch({ batch }, { emitUnpopulated: true });
}

/** A gateway on loopback whose requests the test answers. */
export class FakeGateway implements AsyncDisposable {
  readonly connections: GatewayConnection[] = [];
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

  /** @param identity Certificate and key; with them, the gateway serves only HTTP/2 over TLS. */
  static async start(
    handle: (connection: GatewayConnection, index: number) => unknown,
    identity?: { cert: string; key: string },
  ): Promise<FakeGateway> {
    const server = identity === undefined ? createServer() : createSecureServer(identity);
    const gateway = new FakeGateway(server, identity === undefined ? "http" : "https");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const connection = new GatewayConnection(request, response);
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
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }
}

/** Returns the text of each log. */
export function texts(batch: readonly Envelope[]): string[] {
  return batch.map(({ message }) =>
    message?.$case === "log" ? new TextDecoder().decode(message.value.payload) : "no log",
  );
}

/** Returns the texts of the first `count` envelopes, and leaves the loop. */
export async function take(stream: AsyncIterable<Envelope[]>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const batch of stream) {
    taken.push(...texts(batch));
    if (taken.length >= count) {
      break;
    }
  }
  return taken;
}

/** Returns the error that ends the iteration, and the texts before it. */
export async function takeUntilError(
  stream: AsyncIterable<Envelope[]>,
): Promise<{ taken: string[]; error: unknown }> {
  const taken: string[] = [];
  try {
    for await (const batch of stream) {
      taken.push(...texts(batch));
    }
  } catch (error) {
    return { taken, error };
  }
  throw new Error(`expected the stream to fail, got its end after ${taken.length} envelopes`);
}
