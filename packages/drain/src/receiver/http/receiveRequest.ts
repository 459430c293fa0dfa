import { errorText, linkedTimeout } from "@loggregator/core";
import { type Message, MessageReader, UnmarshalError } from "@loggregator/rfc5424";
import type { ClientCertificate, DrainBinding } from "../drainMessage.js";
import { DrainReceiverError, refusal } from "../errors.js";
import type { Intake } from "../queue/intake.js";
import { Receipt } from "../queue/receipt.js";
import { readBody } from "./readBody.js";

/** A request, independent of the kind of server. */
export interface DrainRequest {
  readonly method: string | undefined;
  readonly path: string;
  readonly remoteAddress: string | undefined;
  /** The client's certificate, if the server has verified it. */
  readonly certificate: ClientCertificate | undefined;
  header(name: "authorization" | "content-encoding" | "content-length"): string | undefined;
  /** Opens the body. */
  body(): AsyncIterator<Uint8Array>;
  /** Aborts when the client has disconnected. */
  readonly gone: AbortSignal;
}

/** The answer to a request. */
export interface DrainResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The number of invalid frames after which a body is rejected. */
const maxInvalidFrames = 100;

const accepted: DrainResponse = { status: 200, headers: { "content-length": "0" } };

/** Receives the messages of a request, and resolves to the answer when it may be sent. */
export async function receiveRequest(
  intake: Intake,
  request: DrainRequest,
): Promise<DrainResponse> {
  const { path, remoteAddress, certificate } = request;
  let binding: DrainBinding = { transport: "http", path, remoteAddress, certificate };
  try {
    const { credentials } = intake.settings;
    const verdict = credentials.check(request.header("authorization"), certificate);
    if (!verdict.ok) {
      throw verdict.missing === "certificate"
        ? refusal("certificate", 403, "the request has no client certificate that is accepted")
        : refusal("unauthorized", 401, "the request has no valid credentials");
    }
    if (verdict.user !== undefined) {
      binding = { ...binding, user: verdict.user };
    }
    if (request.method !== "POST" && request.method !== "PUT") {
      throw refusal("request", 405, `drains send POST requests, got ${request.method}`);
    }
    if (intake.isClosing) {
      throw refusal("closed", 503, "the receiver is closed");
    }
    await receiveMessages(intake, request, binding);
    return accepted;
  } catch (error) {
    const refused = asRefusal(error);
    intake.reports.addRefused(refused, binding);
    return answerTo(refused, intake);
  }
}

async function receiveMessages(
  intake: Intake,
  request: DrainRequest,
  binding: DrainBinding,
): Promise<void> {
  const { settings } = intake;
  const timeout = linkedTimeout(
    settings.receiveTimeoutMs,
    () =>
      refusal("timeout", 408, `the body was not complete within ${settings.receiveTimeoutMs} ms`),
    request.gone,
    intake.ended,
  );
  let size = 0;
  try {
    const body = await readBody(request, {
      maxBytes: settings.maxBodyBytes,
      signal: timeout.signal,
      onBytes(count) {
        size += count;
        intake.pendingBytes += count;
        if (intake.pendingBytes > settings.maxPendingBytes) {
          throw refusal("overload", 503, "the bodies that are being read exceed maxPendingBytes");
        }
      },
    });
    timeout.abort();
    const messages = intake.convert(readMessages(intake, body, binding), binding);
    if (messages.length === 0) {
      throw refusal("invalid", 400, "the body has no valid message");
    }
    if (settings.acknowledge === "received") {
      if (!(await intake.add(messages))) {
        throw refusal("closed", 503, "the receiver is closed");
      }
      return;
    }
    const joined = intake.joinWithin(messages);
    const receipt = new Receipt(joined.length);
    request.gone.addEventListener("abort", () => receipt.fail(), { once: true });
    await intake.queue.push(joined, receipt);
    if (!(await receipt.settled)) {
      throw refusal("closed", 503, "the messages were not consumed");
    }
  } finally {
    timeout.abort();
    intake.pendingBytes -= size;
  }
}

/** @throws DrainReceiverError if there are too many invalid frames. */
function readMessages(intake: Intake, body: Uint8Array, binding: DrainBinding): Message[] {
  let invalid = 0;
  const reader = new MessageReader({
    maxMessageBytes: intake.settings.maxMessageBytes,
    onInvalid(error, frame) {
      intake.reports.addInvalid(error, frame, binding);
      if (++invalid > maxInvalidFrames) {
        throw refusal("invalid", 400, `the body has more than ${maxInvalidFrames} invalid frames`);
      }
    },
  });
  const messages = reader.read(body);
  if (reader.failure === undefined) {
    messages.push(...reader.end());
  }
  if (reader.failure !== undefined) {
    throw reader.failure;
  }
  return messages;
}

function asRefusal(error: unknown): DrainReceiverError {
  if (error instanceof DrainReceiverError) {
    return error;
  }
  if (error instanceof UnmarshalError) {
    return refusal("invalid", 400, error.message, error);
  }
  return refusal("incomplete", 400, `the body could not be read: ${errorText(error)}`, error);
}

function answerTo({ status = 500, reason }: DrainReceiverError, intake: Intake): DrainResponse {
  const headers: Record<string, string> = { "content-length": "0", connection: "close" };
  if (status === 401) {
    headers["www-authenticate"] = intake.settings.credentials.challenge;
  } else if (status === 405) {
    headers["allow"] = "POST";
  } else if (status === 503) {
    headers["retry-after"] = "1";
  }
  // The body was read, so the connection can be reused.
  if (reason === "invalid" && status === 400) {
    delete headers["connection"];
  }
  return { status, headers };
}
