import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { createCertificateAuthority } from "@loggregator/emulator";
import type { TlsMaterial } from "@loggregator/grpc";

/** A gRPC server as bare HTTP/2, for what a well-kept one would not do. */
export class RawServer implements AsyncDisposable {
  readonly address: string;
  /** What clients need to connect. */
  readonly tls: TlsMaterial;
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();

  /** `onCall` gets each call once it has been asked for; its answer is not begun. */
  static async start(onCall: (call: ServerHttp2Stream) => void): Promise<RawServer> {
    const authority = await createCertificateAuthority();
    const ca = authority.certificate;
    const server = createSecureServer({
      ...(await authority.issue({ commonName: "reverselogproxy" })),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.on("stream", (stream: ServerHttp2Stream) => {
      // Clients cancel calls; that is no error of ours.
      stream.on("error", () => {});
      stream.resume();
      onCall(stream);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RawServer(server, { ca, ...(await authority.issue({ commonName: "a client" })) });
  }

  private constructor(server: Http2SecureServer, tls: TlsMaterial) {
    this.#server = server;
    this.tls = tls;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("session", (session) => {
      this.sessions.add(session);
      session.on("error", () => {});
      session.once("close", () => this.sessions.delete(session));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const session of this.sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Begins the answer. */
export function answer(call: ServerHttp2Stream): void {
  call.respond(
    { ":status": 200, "content-type": "application/grpc+proto" },
    { waitForTrailers: true },
  );
}

/** Ends the call with a status; begins the answer where it is not begun. */
export function finish(call: ServerHttp2Stream, status: number, message = ""): void {
  const trailers = { "grpc-status": String(status), "grpc-message": message };
  if (call.headersSent) {
    call.once("wantTrailers", () => call.sendTrailers(trailers));
    call.end();
  } else {
    const headers = { ":status": 200, "content-type": "application/grpc+proto" };
    call.respond({ ...headers, ...trailers }, { endStream: true });
  }
}

/** One message, as it goes into the body. */
export function message(batch: Envelope[]): Buffer {
  const bytes = encodeEnvelopeBatch({ batch });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
