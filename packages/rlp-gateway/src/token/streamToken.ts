import { abortable } from "@loggregator/core";
import { TokenError } from "../errors.js";
import { describeToken, parseToken } from "./parseToken.js";

/** The argument of a `TokenFunction`. */
export interface TokenRequest {
  /** True: the gateway refused the last token, so a cached one must not be returned. */
  readonly refresh: boolean;
  /** Aborts when the token is no longer needed. */
  readonly signal: AbortSignal;
}

/**
 * Returns the OAuth token for a connection. Called before each one. If it throws, the connection is
 * retried, unless it throws a `TokenError` that is not `retryable`.
 */
export type TokenFunction = (request: TokenRequest) => string | Promise<string>;

/** The token of one stream: whether the gateway accepts it, and whether a fresh one is needed. */
export class StreamToken {
  readonly #source: string | TokenFunction | undefined;
  #state: "usable" | "rejected" | "renewed" = "usable";

  constructor(source: string | TokenFunction | undefined) {
    this.#source = source;
  }

  /** Returns the token to send, or undefined if none is configured. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    if (typeof this.#source !== "function") {
      return this.#source;
    }
    const refresh = this.#state === "rejected";
    const token = await callTokenFunction(this.#source, { refresh, signal });
    if (refresh) {
      this.#state = "renewed";
    }
    return token;
  }

  /**
   * Notes that the gateway refused the token: the next one is a fresh one. Returns whether that is
   * worth an attempt, which it is once until a token is accepted.
   */
  reject(): boolean {
    const isFirst = this.#state === "usable";
    this.#state = "rejected";
    return isFirst && typeof this.#source === "function";
  }

  /** Notes that the gateway accepted the token. */
  accept(): void {
    this.#state = "usable";
  }
}

async function callTokenFunction(source: TokenFunction, request: TokenRequest): Promise<string> {
  let value: unknown;
  try {
    value = await abortable(request.signal, Promise.resolve(source(request)));
  } catch (cause) {
    if (cause instanceof TokenError) {
      throw cause;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenError(`the token function failed: ${reason}`, { cause, retryable: true });
  }
  const token = parseToken(value);
  if (token !== undefined) {
    return token;
  }
  throw new TokenError(
    `the token function must return a string of visible ASCII characters, got ${describeToken(value)}`,
    { retryable: false },
  );
}
