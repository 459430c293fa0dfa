import {
  GatewayConnectionError,
  GatewayResponseError,
  StreamSilentError,
  TokenError,
} from "./errors.js";
import { EventReader } from "./eventReader.js";
import { type Fetch, type FetchResponse, readErrorBody } from "./fetch.js";
import { ReadAhead } from "./readAhead.js";
import { SilenceTimer } from "./silenceTimer.js";
import type { StreamToken } from "./token.js";

/** What a connection needs to know. */
export interface ConnectionSettings {
  readonly fetch: Fetch;
  readonly heartbeatTimeoutMs: number;
  readonly maxEventLength: number;
}

/** How much of a chunk is parsed at a time: what it holds is handed on before more is parsed. */
const maxSliceBytes = 256 * 1024;

const empty = new Uint8Array();

/**
 * One request to the gateway and the stream that answers it. Little is read before it is asked
 * for, so a slow reader slows the gateway.
 */
export class GatewayConnection {
  readonly #url: string;
  readonly #settings: ConnectionSettings;
  readonly #controller = new AbortController();
  readonly #silence: SilenceTimer;
  readonly #events: EventReader;
  #body: ReadAhead | undefined;
  #unparsed: Uint8Array = empty;
  #silent = false;

  constructor(url: string, settings: ConnectionSettings) {
    this.#url = url;
    this.#settings = settings;
    this.#events = new EventReader(settings.maxEventLength);
    this.#silence = new SilenceTimer(settings.heartbeatTimeoutMs, () => {
      this.#silent = true;
      this.close();
    });
  }

  /** Whether an event has come, a heartbeat for example. */
  get heard(): boolean {
    return this.#events.heard;
  }

  /**
   * Sends the request and waits for the gateway's answer.
   *
   * @throws GatewayResponseError, GatewayConnectionError, StreamSilentError, TokenError
   */
  async open(token: StreamToken): Promise<void> {
    const { signal } = this.#controller;
    this.#silence.wait();
    try {
      const value = await token.get(signal);
      const response = await this.#settings.fetch(this.#url, {
        headers: {
          Accept: "text/event-stream",
          // In lower case: the gateway takes off no other.
          ...(value !== undefined && { Authorization: `bearer ${value}` }),
        },
        // Has `fetch` send `Cache-Control: no-cache`, without CORS asking leave for that header.
        cache: "no-store",
        signal,
      });
      if (response.status !== 200 || !mayBeEventStream(response)) {
        throw await responseError(this.#url, response, value);
      }
      token.accept();
      this.#silence.rest();
      const reader = response.body?.getReader();
      if (reader !== undefined) this.#body = new ReadAhead(reader, this.#silence);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /**
   * The data of the next events, none if what came next completes none. Undefined: the gateway has
   * said that it closes the stream.
   *
   * @throws GatewayConnectionError, StreamSilentError, EventTooLargeError
   */
  async read(): Promise<readonly string[] | undefined> {
    if (this.#events.error !== undefined) throw this.#events.error;
    if (this.#events.closing) return undefined;
    let chunk = this.#unparsed;
    if (chunk.length === 0) chunk = await this.#receive();
    if (chunk.length > maxSliceBytes) {
      this.#unparsed = chunk.subarray(maxSliceBytes);
      chunk = chunk.subarray(0, maxSliceBytes);
    } else {
      this.#unparsed = empty;
    }
    return this.#events.feed(chunk);
  }

  /** Ends the request, if it has not ended. What waits for it fails. */
  close(): void {
    this.#silence.stop();
    this.#controller.abort();
    this.#body?.close();
  }

  async #receive(): Promise<Uint8Array> {
    let chunk: Uint8Array | undefined;
    try {
      chunk = await this.#body?.take();
    } catch (error) {
      throw this.#explain(error);
    }
    if (chunk === undefined) throw this.#explain(undefined);
    return chunk;
  }

  #explain(error: unknown): unknown {
    if (this.#silent) {
      return new StreamSilentError(
        `expected at least a heartbeat from ${this.#url} within ${this.#settings.heartbeatTimeoutMs} ms, got nothing`,
      );
    }
    if (error instanceof GatewayResponseError || error instanceof TokenError) return error;
    if (error === undefined) {
      return new GatewayConnectionError(
        `expected the stream from ${this.#url} to end with a closing event, got its end without one`,
      );
    }
    const what = this.#body === undefined ? "an answer" : "more of the stream";
    return new GatewayConnectionError(`expected ${what} from ${this.#url}, got ${reason(error)}`, {
      cause: error,
    });
  }
}

/**
 * A proxy's login page comes with status 200 as well. Plain text may be a stream: the gateway labels
 * even its JSON so.
 */
function mayBeEventStream(response: FetchResponse): boolean {
  const type = response.headers.get("content-type");
  return type === null || type === "" || /^\s*text\/(event-stream|plain)\b/i.test(type);
}

async function responseError(
  url: string,
  response: FetchResponse,
  token: string | undefined,
): Promise<GatewayResponseError> {
  const { status } = response;
  const { text, json } = await readErrorBody(response, token);
  const code = typeof json["error"] === "string" ? json["error"] : undefined;
  const detail = typeof json["message"] === "string" ? `: ${json["message"]}` : "";
  const got = [status, code ?? response.headers.get("content-type") ?? ""].join(" ").trimEnd();
  let message = `expected status 200 with an event stream from ${url}, got ${got}${detail}`;
  if (status === 401 || status === 404) {
    message +=
      "; the gateway answers so when the token is missing or expired, or gives no right to one of the source ids";
  }
  return new GatewayResponseError(message, status, code, text);
}

/** `fetch` says little itself, the cause says what happened. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
