import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";

/** One HTTP/2 request on a separate connection, closed with `using`. */
export class Http2Request implements Disposable {
  readonly stream: ClientHttp2Stream;
  readonly #session: ClientHttp2Session;

  constructor(url: string, ca: string, headers: Readonly<Record<string, string>>) {
    const { origin, pathname, search } = new URL(url);
    this.#session = connect(origin, { ca });
    this.stream = this.#session.request({ ":path": pathname + search, ...headers });
  }

  async headers(): Promise<Record<string, unknown>> {
    const [headers] = await once(this.stream, "response");
    return headers;
  }

  [Symbol.dispose](): void {
    this.stream.on("error", () => {});
    this.#session.destroy();
  }
}
