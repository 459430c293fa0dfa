import { TokenError } from "@loggregator/auth";
import { abortable, isOptionError, StallTimer } from "@loggregator/core";
import {
  discardResponse,
  type Fetch,
  type FetchResponse,
  type Redact,
  reasonOf,
  redactError,
  redactor,
} from "@loggregator/core/http";
import { GatewayConnectionError, GatewayResponseError, StreamSilentError } from "../errors.js";
import { shortUrl } from "../request/shortUrl.js";
import { EventReader } from "./eventReader.js";
import { ReadAhead } from "./readAhead.js";
import { responseError } from "./responseError.js";
import type { StreamToken } from "./streamToken.js";

/** Settings of a connection. */
export interface ConnectionSettings {
  readonly fetch: Fetch;
  readonly heartbeatTimeoutMs: number;
  readonly maxEventLength: number;
}

/**
 * One request to the gateway and its response stream. Little is read ahead, so a slow consumer
 * slows the gateway down.
 */
export class GatewayConnection {
  readonly events: EventReader;
  readonly #url: string;
  readonly #settings: ConnectionSettings;
  readonly #controller = new AbortController();
  readonly #stall: StallTimer;
  #body: ReadAhead | undefined;
  #silent = false;
  /** Removes the token from text of other servers and libraries. */
  redact: Redact = redactor();

  constructor(url: string, settings: ConnectionSettings) {
    this.#url = url;
    this.#settings = settings;
    this.events = new EventReader(settings.maxEventLength);
    this.#stall = new StallTimer(settings.heartbeatTimeoutMs, () => {
      this.#silent = true;
      this.close();
    });
  }

  /**
   * Sends the request and waits for the gateway's response.
   *
   * @throws GatewayResponseError, GatewayConnectionError, StreamSilentError, TokenError; or
   * OptionTypeError if `fetch` returns something other than a response.
   */
  async open(token: StreamToken): Promise<void> {
    const { signal } = this.#controller;
    this.#stall.start();
    try {
      const value = await token.get(signal);
      this.redact = redactor(value);
      const response = await this.#fetch(value);
      // From now on, data is read ahead of the consumer, or the body is read with its own time
      // limit.
      this.#stall.pause();
      if (response.status !== 200 || !mayBeEventStream(response)) {
        throw await responseError(this.#url, response, this.redact, signal);
      }
      const reader = response.body?.getReader();
      if (reader !== undefined) {
        this.#body = new ReadAhead(reader, this.#stall);
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /**
   * Returns the data of the next events, an empty list if the next bytes complete none. Returns
   * undefined if the gateway has announced that it closes the stream, and after `close()` once all
   * received data is read.
   *
   * @throws GatewayConnectionError if the connection broke; StreamSilentError; EventTooLargeError.
   */
  async read(): Promise<readonly string[] | undefined> {
    if (this.events.error !== undefined) {
      throw this.events.error;
    }
    if (this.events.closing) {
      return undefined;
    }
    let chunk: Uint8Array | undefined;
    try {
      chunk = await this.#body?.take();
    } catch (error) {
      throw this.#explain(error);
    }
    if (chunk === undefined && (this.#silent || !this.#controller.signal.aborted)) {
      throw this.#explain(undefined, true);
    }
    return chunk && this.events.feed(chunk);
  }

  /** Ends the request, if it has not ended. Received data can still be read. */
  close(): void {
    this.#stall.stop();
    this.#controller.abort();
    this.#body?.close();
  }

  async #fetch(token: string | undefined): Promise<FetchResponse> {
    const { signal } = this.#controller;
    const pending = this.#settings.fetch(this.#url, {
      headers: {
        Accept: "text/event-stream",
        // In lower case: the gateway does not remove other forms of the prefix.
        ...(token !== undefined && { Authorization: `bearer ${token}` }),
      },
      // Makes `fetch` send `Cache-Control: no-cache`, without a CORS preflight.
      cache: "no-store",
      redirect: "manual",
      signal,
    });
    try {
      return await abortable(signal, pending);
    } finally {
      if (signal.aborted) {
        discardResponse(pending);
      }
    }
  }

  #explain(error: unknown, hasEnded = false): Error {
    const url = this.redact(shortUrl(this.#url));
    if (this.#silent) {
      return new StreamSilentError(
        `no heartbeat from ${url} within ${this.#settings.heartbeatTimeoutMs} ms`,
      );
    }
    if (
      error instanceof GatewayResponseError ||
      error instanceof TokenError ||
      isOptionError(error)
    ) {
      return error;
    }
    if (hasEnded) {
      return new GatewayConnectionError(
        `the stream from ${url} ended without a closing event: the connection broke, or more streams are open than the gateway allows`,
        url,
      );
    }
    const cause = redactError(error, this.redact);
    const what = this.#body === undefined ? "cannot read" : "lost the connection to";
    return new GatewayConnectionError(`${what} ${url}: ${reasonOf(cause)}`, url, { cause });
  }
}

/**
 * Returns true if a response may be an event stream. The login page of a proxy has status 200 as
 * well. Plain text is accepted, because the gateway uses this content type even for JSON.
 */
function mayBeEventStream(response: FetchResponse): boolean {
  const type = response.headers.get("content-type")?.trim() ?? "";
  return type === "" || /^text\/(event-stream|plain)\b/i.test(type);
}
