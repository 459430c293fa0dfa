import type { RequestListener } from "node:http";
import { createServer, request as httpsRequest, type ServerOptions } from "node:https";
import { listen, type TestServer } from "@loggregator/testing";
import type { Certificates } from "@loggregator/testing/certificates";
import type { DrainMessage, DrainReceiver } from "../src/index.js";

/** Serves a handler over HTTPS, and returns the URL. */
export async function serveHttps(
  handler: RequestListener,
  { server: { ca, cert, key } }: Certificates,
  options: ServerOptions = {},
): Promise<TestServer & { readonly url: string }> {
  const server = await listen(createServer({ ca, cert, key, ...options }, handler));
  return Object.assign(server, { url: `https://localhost:${server.port}` });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Posts a body over HTTPS. */
export function post(
  url: string,
  body: Uint8Array | string,
  options: Parameters<typeof httpsRequest>[1] = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method: "POST", agent: false, ...options });
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      );
    });
    request.end(body);
  });
}

/** Takes this number of messages. */
export async function take(receiver: DrainReceiver, count: number): Promise<DrainMessage[]> {
  const messages: DrainMessage[] = [];
  if (count > 0) {
    for await (const message of receiver) {
      messages.push(message);
      if (messages.length === count) {
        break;
      }
    }
  }
  return messages;
}
