import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import type { ClientTls } from "../src/index.js";

/** The raw answer to a call: all headers and trailers except the date, and the bytes. */
export interface RawAnswer {
  readonly headers: Record<string, unknown>;
  readonly trailers: Record<string, unknown>;
  readonly body: Buffer;
}

/** HTTP/2 to a gRPC endpoint without a gRPC library, closed with `using`. */
export class RawConnection implements Disposable {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(address: string, { ca, cert, key, serverName }: ClientTls) {
    const session = connect(`https://${address}`, {
      ca,
      cert,
      key,
      servername: serverName,
      // Messages above 10 MiB are sent.
      maxSessionMemory: 100,
    });
    session.on("error", () => {});
    await once(session, "connect");
    return new RawConnection(session);
  }

  /** Sends a request whose body is one message, or another body, and half-closes by default. */
  async call(
    path: string,
    body: Uint8Array,
    headers: IncomingHttpHeaders = {},
    end: "half-closed" | "open" = "half-closed",
  ): Promise<RawAnswer> {
    const stream = this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const answer = { headers: {}, trailers: {} };
    stream.on("error", () => {});
    stream.on("response", ({ date: _, ...received }) => {
      answer.headers = withoutSymbols(received);
    });
    stream.on("trailers", (received) => {
      answer.trailers = withoutSymbols(received);
    });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    if (end === "open") {
      stream.write(body);
    } else {
      stream.end(headers[":method"] === "GET" ? undefined : body);
    }
    await once(stream, "close");
    return { ...answer, body: Buffer.concat(chunks) };
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

function withoutSymbols(headers: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers));
}

/** A message with gRPC's prefix. */
export function framed(message: Uint8Array, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
