import { createServer, type RequestListener } from "node:http";
import { listen, type TestServer } from "./listen.js";

/** Serves a handler over HTTP on loopback, and returns the URL. */
export async function serveHttp(
  handler: RequestListener,
): Promise<TestServer & { readonly url: string }> {
  const server = await listen(createServer(handler));
  return Object.assign(server, { url: `http://${server.address}` });
}
