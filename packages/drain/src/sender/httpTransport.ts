import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { formatHostPort, linkedTimeout } from "@loggregator/core";
import { dial } from "./dial.js";
import type { QueuedEnvelope } from "./envelopeQueue.js";
import { DrainSendError } from "./errors.js";
import { concatMessages, type Transport, type TransportOptions } from "./transport.js";

/** The number of bytes of an answer that are read, so that the connection can be reused. */
const maxAnswerBytes = 64 * 1024;

/** Sends messages with consecutive POST requests, each with one message or a batch. */
export class HttpTransport implements Transport {
  readonly maxBytes: number;
  readonly #options: TransportOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #ended = new AbortController();
  /** The number of messages of the oldest envelope that were sent: only the others are repeated. */
  #sentOfFirst = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.maxBytes = options.target.batch ? options.batchMaxBytes : 1;
    // The agent of `node:http` serves TLS sockets as well.
    this.#agent.createConnection = (_, callback) => {
      this.#connect().then(
        (socket) => callback?.(null, socket),
        (error) => callback?.(error, undefined as never),
      );
      return undefined;
    };
  }

  async send(
    envelopes: readonly QueuedEnvelope[],
    onSent: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#options.target.batch) {
      const body = concatMessages(envelopes);
      if (body.length > 0) {
        await this.#post(body, signal);
      }
      onSent(envelopes.length);
      return;
    }
    for (const { messages } of envelopes) {
      for (const message of messages.slice(this.#sentOfFirst)) {
        await this.#post(message, signal);
        this.#sentOfFirst++;
      }
      this.#sentOfFirst = 0;
      onSent(1);
    }
  }

  async end(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.#ended.abort();
    this.#agent.destroy();
  }

  async #connect(): Promise<Socket> {
    const { onStatus } = this.#options;
    onStatus({ type: "connecting" });
    const socket = await dial(this.#options, this.#ended.signal);
    onStatus({ type: "open" });
    socket.once("close", () => onStatus({ type: "disconnected" }));
    return socket;
  }

  async #post(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const { stallTimeoutMs, target } = this.#options;
    const attempt = linkedTimeout(
      stallTimeoutMs,
      () => new DrainSendError("stalled", `${target.name}: no answer within ${stallTimeoutMs} ms`),
      signal,
    );
    try {
      await this.#request(body, attempt.signal, true);
    } catch (error) {
      throw attempt.signal.aborted ? attempt.signal.reason : error;
    } finally {
      attempt.abort();
    }
  }

  /** @param mayRepeat Whether a connection that was closed while it was idle is replaced. */
  async #request(body: Uint8Array, signal: AbortSignal, mayRepeat: boolean): Promise<void> {
    const { target } = this.#options;
    const { host, port, path, authorization, name } = target;
    const isDefaultPort = port === (target.tls ? 443 : 80);
    const request = httpRequest({
      agent: this.#agent,
      method: "POST",
      path,
      signal,
      headers: {
        host: isDefaultPort ? formatHost(host) : formatHostPort({ host, port }),
        "user-agent": "loggregator-drain",
        "content-type": "text/plain",
        "content-length": body.length,
        ...(authorization !== undefined && { authorization }),
      },
    });
    const answer = await new Promise<IncomingMessage | Error>((resolve) => {
      request.on("error", resolve);
      request.on("response", resolve);
      request.end(body);
    });
    if (answer instanceof Error) {
      if (answer instanceof DrainSendError) {
        throw answer;
      }
      if (mayRepeat && request.reusedSocket && !signal.aborted) {
        return this.#request(body, signal, false);
      }
      const text = `${name}: the connection broke before the answer: ${answer.message}`;
      throw new DrainSendError("connection", text, { cause: answer });
    }
    await discard(answer);
    checkStatus(name, answer);
  }
}

/** @throws DrainSendError if the status is not 2xx. */
function checkStatus(name: string, answer: IncomingMessage): void {
  const { statusCode: status = 0, statusMessage = "" } = answer;
  if (status >= 200 && status <= 299) {
    return;
  }
  const advice =
    status >= 300 && status <= 399
      ? ". Redirects are not followed: use the final URL"
      : status === 401 || status === 403
        ? ". Check the user and password in the URL, or the client certificate"
        : "";
  const text = `${name}: the receiver answered ${`${status} ${statusMessage}`.trim()}${advice}`;
  throw new DrainSendError("status", text, { status });
}

/** Reads the rest of an answer. If it is too long or breaks off, only the connection is lost. */
function discard(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let length = 0;
    answer.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxAnswerBytes) {
        answer.destroy();
      }
    });
    answer.on("error", () => {});
    answer.on("close", resolve);
  });
}

function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
