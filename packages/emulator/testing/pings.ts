import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import type { ClientTls } from "../src/index.js";

/** A bare HTTP/2 connection to a gRPC endpoint, closed with `using`. */
export class PingingConnection implements Disposable {
  /** Code and text of the GOAWAY that ends it. */
  readonly goaway: Promise<{ code: number; text: string }>;
  /** Settles when it is closed. */
  readonly closed: Promise<unknown>;
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
    // Reported by `goaway`.
    session.on("error", () => {});
    this.closed = new Promise((resolve) => session.on("close", resolve));
    this.goaway = new Promise((resolve) => {
      session.on("goaway", (code, _, data) => resolve({ code, text: String(data) }));
    });
  }

  static async open(
    address: string,
    { ca, cert, key, serverName }: ClientTls,
  ): Promise<PingingConnection> {
    const session = connect(`https://${address}`, { ca, cert, key, servername: serverName });
    await once(session, "connect");
    return new PingingConnection(session);
  }

  /** Resolves when the server has answered, rejects when the connection is closed first. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      // Node.js does not always invoke the callback when the session ends.
      this.closed.then(() => reject(new Error("the connection was closed")));
      this.session.ping((error) => (error ? reject(error) : resolve()));
    });
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}
