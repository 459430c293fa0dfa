import { createServer, type IncomingMessage } from "node:http";
import { listen } from "@loggregator/testing";

/** A request that a `JsonServer` has received. */
export interface ReceivedRequest {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

/** An HTTP server on loopback that answers with JSON and records its requests. */
export async function startJsonServer(
  answer: (request: ReceivedRequest, index: number) => { status?: number; body: unknown },
) {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming: IncomingMessage, response) => {
    const chunks: Uint8Array[] = await incoming.toArray();
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const { url = "", headers } = incoming;
    const request = { url, authorization: headers.authorization, form };
    const { status = 200, body } = answer(request, requests.push(request) - 1);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const at = await listen(server);
  return {
    requests,
    url: `http://${at.address}`,
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}
