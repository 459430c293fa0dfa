import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { listen, Recorder, type TestServer } from "@loggregator/testing";
import type { TlsIdentity } from "@loggregator/testing/certificates";

export interface RawRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server that records the bytes of requests. */
export class RawReceiver implements AsyncDisposable {
  readonly requests = new Recorder<RawRequest>();
  readonly server: TestServer;

  /** @param answer Called with each request, whose number starts at 0. Default: 200. */
  static async start(
    tls: TlsIdentity | undefined,
    answer: (response: ServerResponse, number: number) => void = (response) => response.end(),
  ): Promise<RawReceiver> {
    const requests = new Recorder<RawRequest>();
    let number = 0;
    const handler: Parameters<typeof createServer>[1] = async (request, response) => {
      const chunks: Buffer[] = [];
      request.on("error", () => {});
      try {
        for await (const chunk of request) {
          chunks.push(chunk);
        }
      } catch {
        return;
      }
      const { method, url: path, headers } = request;
      answer(response, number++);
      requests.add({ method, path, headers, body: Buffer.concat(chunks) });
    };
    const server = tls === undefined ? createServer(handler) : createHttpsServer(tls, handler);
    return new RawReceiver(await listen(server as Server), requests);
  }

  private constructor(server: TestServer, requests: Recorder<RawRequest>) {
    this.server = server;
    this.requests = requests;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

/** A TCP or TLS server that passes connections to the test. */
export async function startRawServer(
  tls: TlsIdentity | undefined,
  accept: (socket: Socket) => void,
): Promise<TestServer> {
  const onSocket = (socket: Socket) => {
    socket.on("error", () => {});
    accept(socket);
  };
  const server = tls === undefined ? createTcpServer(onSocket) : createTlsServer(tls, onSocket);
  server.on("tlsClientError", () => {});
  return listen(server);
}
