import { abortable } from "abort-controller-x";
import { TokenError } from "./errors.js";

/** How a token is asked for. */
export interface TokenRequest {
  /** True: the gateway refused the last token, so one from a cache won't do. */
  readonly refresh: boolean;
  /** Aborted when nobody waits for the token any more. */
  readonly signal: AbortSignal;
}

/**
 * Gives the OAuth token for a connection; it is asked before each. What it throws is retried like
 * a failed connection, except a `TokenError` that is not `retryable`.
 */
export type TokenFunction = (request: TokenRequest) => string | Promise<string>;

/**
 * The token of one stream, and what the gateway thinks of it: "trusted" until it is "rejected";
 * then a fresh one is asked for, once until the gateway accepts it.
 */
export class StreamToken {
  readonly #source: string | TokenFunction | undefined;
  #state: "trusted" | "rejected" | "renewed" = "trusted";
  #value: string | undefined;

  constructor(source: string | TokenFunction | undefined) {
    this.#source = source;
  }

  /** The token last given out. */
  get value(): string | undefined {
    return this.#value;
  }

  /** The token to send, or undefined if none is configured. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    if (typeof this.#source !== "function") {
      this.#value = this.#source;
      return this.#value;
    }
    const refresh = this.#state === "rejected";
    this.#value = bareToken(await ask(this.#source, { refresh, signal }));
    if (refresh) this.#state = "renewed";
    return this.#value;
  }

  /** The gateway refused the token. Returns whether a fresh one is worth a try. */
  reject(): boolean {
    if (typeof this.#source !== "function" || this.#state === "renewed") return false;
    this.#state = "rejected";
    return true;
  }

  /** The gateway accepted the token. */
  accept(): void {
    this.#state = "trusted";
  }
}

/**
 * The token alone, of text that may begin with `bearer` as `cf oauth-token` prints it. Undefined
 * for what is no token: characters that a header can't carry would have `fetch` throw an error
 * with the token in it.
 */
export function parseToken(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  return /^(?:bearer\s+)?([\x21-\x7e]+)\s*$/i.exec(text)?.[1];
}

async function ask(source: TokenFunction, request: TokenRequest): Promise<unknown> {
  try {
    return await abortable(request.signal, Promise.resolve(source(request)));
  } catch (cause) {
    if (cause instanceof TokenError) throw cause;
    throw new TokenError("expected a token from the token function, got an error; see cause", {
      cause,
      retryable: true,
    });
  }
}

function bareToken(value: unknown): string {
  const token = parseToken(value);
  if (token !== undefined) return token;
  throw new TokenError(
    `expected a token of visible ASCII characters from the token function, got ${
      typeof value === "string" ? `a string of ${value.length} characters` : typeof value
    }`,
    { retryable: false },
  );
}
