import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Envelope, formatEnvelopeBatch } from "@loggregator/api";

/** The headers that a page of another origin needs. */
const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, cache-control",
};

/** One stream that a client has opened. */
export interface GatewayStream {
  /** Path and query. */
  readonly url: string;
  /** Settles when the client has closed the connection. */
  readonly closed: Promise<unknown>;
  send(...batch: Envelope[]): void;
}

/** A minimal RLP gateway on loopback, which also serves as the UAA. */
export class Gateway implements AsyncDisposable {
  /** The requests, newest last. */
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  readonly #token: string;
  readonly #opened: GatewayStream[] = [];
  #wake = () => {};

  private constructor(server: Server, token: string) {
    this.#server = server;
    this.#token = token;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  /** @param token The accepted one. Others are refused with 404, as a gateway does. */
  static async start(token: string): Promise<Gateway> {
    const server = createServer();
    const gateway = new Gateway(server, token);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next stream that is opened. Only one caller may wait at a time. */
  async stream(): Promise<GatewayStream> {
    for (;;) {
      const stream = this.#opened.shift();
      if (stream !== undefined) {
        return stream;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    const url = request.url ?? "";
    if (request.method === "OPTIONS") {
      response.writeHead(204, cors).end();
    } else if (url === "/oauth/token") {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(`{"access_token":"${this.#token}","token_type":"bearer","expires_in":600}`);
    } else if (request.headers.authorization !== `bearer ${this.#token}`) {
      response
        .writeHead(404, { ...cors, "content-type": "text/plain" })
        .end('{"message":"resource not found","error":"not_found"}');
    } else {
      response.writeHead(200, { ...cors, "content-type": "text/event-stream" }).flushHeaders();
      this.#opened.push({
        url,
        closed: once(response, "close"),
        send(...batch) {
          const json = formatEnvelopeBatch({ batch }, { emitUnpopulated: true });
          response.write(`data: ${json}\n\n`);
        },
      });
      this.#wake();
    }
  }
}
