import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { formatHostPort, linkedTimeout } from "@loggregator/core";
import type { DrainTarget } from "../sender/parseDrainUrl.js";
import { codeOf } from "./connectReceiver.js";
import { DrainCheckFailure, tlsExpected } from "./drainCheckFailure.js";
import { type MarkedEnvelope, messagesOf } from "./markedEnvelopes.js";

/** Sends each envelope with a request on the connection, and checks the answers. */
export async function sendRequests(
  socket: Socket,
  target: DrainTarget,
  marked: readonly MarkedEnvelope[],
  timeoutMs: number,
): Promise<void> {
  const bodies = target.batch
    ? [Buffer.concat(marked.flatMap(messagesOf))]
    : marked.flatMap(messagesOf);
  for (const body of bodies) {
    const status = await post(socket, target, body, timeoutMs);
    checkAnswer(target, status);
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
}

function post(
  socket: Socket,
  target: DrainTarget,
  body: Uint8Array,
  timeoutMs: number,
): Promise<Answer> {
  const { host, port, path, authorization, tls } = target;
  const limit = linkedTimeout(timeoutMs, () => new Error("timeout"));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      method: "POST",
      path,
      signal: limit.signal,
      headers: {
        host: formatHostPort({ host, port }),
        connection: "keep-alive",
        "content-type": "text/plain",
        "content-length": body.length,
        ...(authorization !== undefined && { authorization }),
      },
    });
    request.on("response", (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location }),
      );
    });
    request.on("error", (error) => reject(requestFailure(error, tls, timeoutMs)));
    request.on("close", () => limit.abort());
    request.end(body);
  });
}

function requestFailure(error: Error, tls: boolean, timeoutMs: number): DrainCheckFailure {
  const code = codeOf(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return new DrainCheckFailure(
      "not-reading",
      `the server accepts the request and does not answer within ${timeoutMs} ms`,
      "have the receiver read the body and answer with 200; check its log for the cause of the delay",
      { cause: error },
    );
  }
  if (/CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE/.test(code)) {
    return new DrainCheckFailure(
      "client-certificate",
      `the server requires a client certificate (${code})`,
      "put cert and key into the credentials of the user-provided service; pass them with --cert and --key to check the rest",
    );
  }
  if (/^HPE_/.test(code)) {
    return tls
      ? new DrainCheckFailure(
          "http-status",
          "the server does not answer as an HTTP server",
          "use syslog-tls:// in the URL if it is a syslog server",
        )
      : tlsExpected();
  }
  return new DrainCheckFailure(
    "closed",
    `the server closes the connection without an answer (${code})`,
    "check the receiver's log; use syslog-tls:// in the URL if it is a syslog server",
    { cause: error },
  );
}

function checkAnswer({ path }: DrainTarget, { status, location }: Answer): void {
  if (status >= 200 && status <= 299) {
    return;
  }
  if (status >= 300 && status <= 399) {
    throw new DrainCheckFailure(
      "redirect",
      `the server answers ${status} and redirects to ${location ?? "nowhere"}`,
      "drains do not follow redirects: use the final URL",
    );
  }
  if (status === 401 || status === 403) {
    throw new DrainCheckFailure(
      "unauthorized",
      `the server answers ${status}`,
      "correct the user and password in the URL: https://user:password@host/path",
    );
  }
  const advice: Record<number, string> = {
    404: "correct the path in the URL",
    405: "have the receiver accept POST",
    413: "have the receiver accept bodies of 1 MiB, as https-batch sends 512 KiB and more",
    415: "have the receiver accept the content type text/plain",
    429: "raise the limit of the receiver: drains repeat what was refused",
  };
  throw new DrainCheckFailure(
    "http-status",
    `the server answers ${status} to POST ${path.split("?")[0]}; drains need a status from 200 to 299`,
    advice[status] ?? "check the receiver's log, and have it answer with 200",
  );
}
