import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import type { ListenOptions } from "node:net";
import type { TlsOptions } from "node:tls";
import { type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { listen, type TestServer } from "./listen.js";

/** The address to listen on. Default: a free port of 127.0.0.1. */
type Listening = Pick<ListenOptions, "port" | "host" | "path">;

export interface GrpcTestServerOptions extends Listening {
  /** Certificates for mutual TLS: `ca`, `cert` and `key`. */
  readonly tls: TlsOptions & { readonly cert: string; readonly key: string };
  /** Called with each call and its index, from 0. */
  readonly onCall: (call: TestCall, index: number) => void;
  /** Called with each new connection. */
  readonly onSession?: ((session: ServerHttp2Session) => void) | undefined;
  readonly settings?: Settings | undefined;
}

/** A gRPC server on bare HTTP/2, which can violate the protocol. */
export class GrpcTestServer implements AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #server: Http2SecureServer;
  readonly #listening: TestServer;

  static async start(options: GrpcTestServerOptions): Promise<GrpcTestServer> {
    const { tls, settings, port = 0, host = "127.0.0.1", path } = options;
    const server = createSecureServer({
      ...tls,
      requestCert: true,
      rejectUnauthorized: true,
      ...(settings !== undefined && { settings }),
    });
    const listening = await listen(server, path === undefined ? { port, host } : { path });
    return new GrpcTestServer(server, listening, options);
  }

  private constructor(
    server: Http2SecureServer,
    listening: TestServer,
    { onCall, onSession }: GrpcTestServerOptions,
  ) {
    this.#server = server;
    this.#listening = listening;
    this.address = listening.address;
    this.port = listening.port;
    server.on("session", (session) => {
      this.sessions.add(session);
      // Clients may close connections at any time; this is not an error of the test.
      session.on("error", () => {});
      session.once("close", () => this.sessions.delete(session));
      onSession?.(session);
    });
    server.on("tlsClientError", () => {});
    let calls = 0;
    server.on("stream", (stream, headers) => onCall(new TestCall(stream, headers), calls++));
  }

  /** Starts a server that ends each call as agents end a stream: with UNKNOWN: EOF. */
  static startAgent(
    tls: GrpcTestServerOptions["tls"],
    listening: Listening = {},
  ): Promise<GrpcTestServer> {
    const onCall = async (call: TestCall) => {
      await call.read();
      call.end(2, "EOF");
    };
    return GrpcTestServer.start({ ...listening, tls, onCall });
  }

  /** Uses other certificates for new connections. */
  setCertificates(tls: GrpcTestServerOptions["tls"]): void {
    this.#server.setSecureContext(tls);
  }

  /** Closes all connections without GOAWAY. New ones are accepted. */
  disconnect(): void {
    for (const session of this.sessions) {
      session.destroy();
    }
    for (const socket of this.#listening.sockets) {
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    for (const session of this.sessions) {
      session.destroy();
    }
    await this.#listening[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A call that has reached the server. Nothing is read from it until `read()`. */
export class TestCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream;
    this.headers = headers;
    this.path = String(headers[":path"]);
    // Clients may cancel calls; this is not an error of the test.
    stream.on("error", () => {});
  }

  /** Reads the messages. Resolves when the client has half-closed, or the call is closed. */
  async read(onMessage: (bytes: Uint8Array) => void = () => {}): Promise<void> {
    let chunks: Buffer[] = [];
    let size = 0;
    this.stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      while (size >= 5) {
        if ((chunks[0]?.length ?? 0) < 5) {
          chunks = [Buffer.concat(chunks)];
        }
        const end = 5 + (chunks[0]?.readUInt32BE(1) ?? 0);
        if (size < end) {
          return;
        }
        const bytes = Buffer.concat(chunks);
        onMessage(bytes.subarray(5, end));
        chunks = [bytes.subarray(end)];
        size -= end;
      }
    });
    await new Promise((resolve) => this.stream.once("end", resolve).once("close", resolve));
  }

  /** Sends the response headers. */
  respond(headers: OutgoingHttpHeaders = {}): void {
    this.stream.respond(
      { ":status": 200, "content-type": "application/grpc", ...headers },
      { waitForTrailers: true },
    );
  }

  /** Writes a message; sends the response headers first if they have not been sent. */
  write(message: Uint8Array): boolean {
    if (!this.stream.headersSent) {
      this.respond();
    }
    return this.stream.write(frameMessage(message));
  }

  /** Ends the call with a status, as trailers or, if nothing was sent, as the only headers. */
  end(status: number | string, message = "", more: OutgoingHttpHeaders = {}): void {
    if (this.stream.closed || this.stream.destroyed) {
      return;
    }
    this.endWithTrailers({ "grpc-status": String(status), "grpc-message": message, ...more });
  }

  /** Ends the call with these trailers, valid gRPC or not. */
  endWithTrailers(trailers: OutgoingHttpHeaders): void {
    if (this.stream.closed || this.stream.destroyed) {
      return;
    }
    if (this.stream.headersSent) {
      this.stream.once("wantTrailers", () => this.stream.sendTrailers(trailers));
      this.stream.end();
    } else {
      const headers = { ":status": 200, "content-type": "application/grpc" };
      this.stream.respond({ ...headers, ...trailers }, { endStream: true });
    }
  }

  /** Ends the call with OK and an empty response message. */
  acknowledge(): void {
    if (this.stream.closed || this.stream.destroyed) {
      return;
    }
    this.write(new Uint8Array());
    this.end(0);
  }

  /** Answers as an HTTP intermediary does: any status, headers and body, no gRPC trailers. */
  answerHttp(
    status: number,
    headers: OutgoingHttpHeaders = {},
    body: string | Uint8Array = "",
  ): void {
    if (this.stream.closed || this.stream.destroyed) {
      return;
    }
    this.stream.respond({ ":status": status, ...headers });
    this.stream.end(body);
  }
}

/** Returns a message with its five-byte gRPC prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Returns a batch with its five-byte gRPC prefix. */
export function frameBatch(batch: Envelope[]): Buffer {
  return frameMessage(encodeEnvelopeBatch({ batch }));
}
