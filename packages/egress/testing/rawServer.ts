import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { TlsMaterial } from "@loggregator/grpc";
import { GrpcTestServer } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";

/** A Reverse Log Proxy on bare HTTP/2, with its own certificates. */
export class RawServer implements AsyncDisposable {
  readonly address: string;
  /** The certificates that clients need to connect. */
  readonly tls: TlsMaterial;
  readonly #server: GrpcTestServer;

  /** `onCall` is called with each call once the request has arrived; no answer has been sent. */
  static async start(onCall: (call: ServerHttp2Stream) => void): Promise<RawServer> {
    const { server, client } = await createCertificates({ commonName: "reverselogproxy" });
    const started = await GrpcTestServer.start({
      tls: server,
      onCall: ({ stream }) => {
        stream.resume();
        onCall(stream);
      },
    });
    return new RawServer(started, client);
  }

  private constructor(server: GrpcTestServer, tls: TlsMaterial) {
    this.#server = server;
    this.tls = tls;
    this.address = server.address;
  }

  get sessions(): ReadonlySet<ServerHttp2Session> {
    return this.#server.sessions;
  }

  /** The options of a connector for this server. */
  get options(): { readonly address: string; readonly tls: TlsMaterial } {
    return { address: this.address, tls: this.tls };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}

/** Begins the answer. */
export function answer(call: ServerHttp2Stream): void {
  call.respond(
    { ":status": 200, "content-type": "application/grpc+proto" },
    { waitForTrailers: true },
  );
}

/** Ends the call with a status, after response headers if none were sent. */
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
