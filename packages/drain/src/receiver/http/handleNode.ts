import type { IncomingMessage, ServerResponse } from "node:http";
import { peerCertificate } from "../peerCertificate.js";
import type { Intake } from "../queue/intake.js";
import { receiveRequest } from "./receiveRequest.js";

/** Receives the messages of a request of `node:http` or `node:https`, and answers it. */
export async function handleNode(
  intake: Intake,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) {
      gone.abort(new Error("the client closed the connection"));
    }
  });
  // Without a listener, a client that disconnects early would end the process.
  request.on("error", () => {});
  response.on("error", () => {});
  const { status, headers } = await receiveRequest(intake, {
    method: request.method,
    path: request.url ?? "/",
    remoteAddress: request.socket.remoteAddress,
    certificate: peerCertificate(request.socket),
    header: (name) => request.headers[name],
    // Ending the iteration early must not close the connection, which is needed for the answer.
    body: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
    gone: gone.signal,
  });
  if (!gone.signal.aborted) {
    response.writeHead(status, headers).end();
  }
}
