import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";
import type { Emulator } from "../src/index.js";
import { readEvents, type SentEvent } from "./sse.js";

/** Requests a path below `/v2/read` as Go's client does. */
export function get(emulator: Emulator, query: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${emulator.gateway.url}/v2/read${query}`, {
    ...init,
    headers: {
      accept: "text/event-stream",
      "cache-control": "no-cache",
      authorization: "bearer token",
      ...init.headers,
    },
  });
}

/** The contents of a refusal. */
export async function refusal(response: Response) {
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: await response.text(),
  };
}

/** An open stream of the gateway, closed with `await using`. */
export class GatewayStream implements AsyncDisposable {
  readonly response: Response;
  readonly #events: AsyncGenerator<SentEvent>;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#events = readEvents(response.body);
    this.#abort = abort;
  }

  /** Resolves when the stream is open, and so has subscribed. */
  static async open(emulator: Emulator, query: string): Promise<GatewayStream> {
    const abort = new AbortController();
    const response = await get(emulator, query, { signal: abort.signal });
    if (response.status !== 200) {
      throw new Error(`expected a stream, got ${response.status} ${await response.text()}`);
    }
    return new GatewayStream(response, abort);
  }

  /** Returns the next event; undefined at the end of the stream. */
  async next(): Promise<SentEvent | undefined> {
    const { value } = await this.#events.next();
    return value ?? undefined;
  }

  /** Returns the next `count` envelopes. */
  async envelopes(count: number): Promise<Envelope[]> {
    const envelopes: Envelope[] = [];
    while (envelopes.length < count) {
      const event = await this.next();
      if (event === undefined) {
        throw new Error(`the stream ended after ${envelopes.length} of ${count} envelopes`);
      }
      if (event.event === undefined) {
        envelopes.push(...parseEnvelopeBatch(event.data).batch);
      }
    }
    return envelopes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#events.return(undefined).catch(() => {});
  }
}
