import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { decodeEnvelopeBatch, type Envelope } from "@loggregator/api";
import { Status } from "nice-grpc";
import type { ServerCertificates } from "./certificates.js";

/** Told of each envelope, and of the batch that it came in. */
type OnEnvelope = (envelope: Envelope, batch: readonly Envelope[]) => void;

/** A gRPC server below the libraries: its tests make it misbehave. Call number 0 is the first one. */
export class GrpcServer implements AsyncDisposable {
  readonly address: string;
  readonly sessions = new Set<ServerHttp2Session>();
  /** Called with each new connection. */
  onSession: (session: ServerHttp2Session) => void = () => {};
  readonly #server: Http2SecureServer;

  private constructor(server: Http2SecureServer) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("session", (session) => {
      this.sessions.add(session);
      session.on("error", () => {});
      this.onSession(session);
      session.on("close", () => this.sessions.delete(session));
    });
  }

  static async start(
    tls: ServerCertificates,
    onCall: (call: ServerCall, number: number) => void,
    port = 0,
  ): Promise<GrpcServer> {
    const server = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true });
    let calls = 0;
    server.on("stream", (stream, headers) => {
      onCall(new ServerCall(stream, String(headers[":path"])), calls++);
    });
    server.on("tlsClientError", () => {});
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new GrpcServer(server);
  }

  /** Uses other certificates for the connections to come. */
  setCertificates(tls: ServerCertificates): void {
    this.#server.setSecureContext(tls);
  }

  /** Ends all connections, without ceremony; new ones are taken. */
  disconnect(): void {
    for (const session of this.sessions) session.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.disconnect();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A call as it reaches the server. Nothing of it is read until `read()`. */
export class ServerCall {
  readonly path: string;
  readonly stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, path: string) {
    this.stream = stream;
    this.path = path;
    stream.on("error", () => {});
  }

  /** Reads on, and tells of each envelope. Resolves when the client has half-closed. */
  async read(onEnvelope: OnEnvelope = () => {}): Promise<void> {
    let chunks: Buffer[] = [];
    let size = 0;
    this.stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      while (size >= 5) {
        if ((chunks[0]?.length ?? 0) < 5) chunks = [Buffer.concat(chunks)];
        const end = 5 + (chunks[0]?.readUInt32BE(1) ?? 0);
        if (size < end) return;
        const bytes = Buffer.concat(chunks);
        const { batch } = decodeEnvelopeBatch(bytes.subarray(5, end));
        for (const envelope of batch) onEnvelope(envelope, batch);
        chunks = [bytes.subarray(end)];
        size -= end;
      }
    });
    await new Promise((resolve) => this.stream.once("end", resolve));
  }

  /** Ends with a status and no response. */
  end(status: Status, message = ""): void {
    if (this.stream.closed) return;
    const trailers = { "grpc-status": String(status), "grpc-message": message };
    this.stream.respond(
      { ":status": 200, "content-type": "application/grpc", ...trailers },
      { endStream: true },
    );
  }

  /** Ends with OK and an empty response. */
  acknowledge(): void {
    if (this.stream.closed) return;
    this.stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    this.stream.once("wantTrailers", () => {
      this.stream.sendTrailers({ "grpc-status": String(Status.OK) });
    });
    this.stream.end(Buffer.alloc(5));
  }

  /** Does as the real server does. */
  async serve(onEnvelope?: OnEnvelope): Promise<void> {
    await this.read(onEnvelope);
    if (this.path.endsWith("/Send")) this.acknowledge();
    else this.end(Status.UNKNOWN, "EOF");
  }
}
