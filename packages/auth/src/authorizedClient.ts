import { abortable, isOptionError, linkedTimeout, objectArgument } from "@loggregator/core";
import {
  discardResponse,
  type Fetch,
  type FetchResponse,
  type Redact,
  readBody,
  reasonOf,
  redactError,
  redactor,
} from "@loggregator/core/http";
import { TokenError } from "./errors.js";
import type { TokenFunction } from "./token/tokenFunction.js";
import { TokenSession } from "./token/tokenSession.js";

/** The settings and errors of an `AuthorizedClient`. */
export interface AuthorizedClientSettings {
  readonly fetch: Fetch;
  readonly token: string | TokenFunction | undefined;
  readonly timeoutMs: number;
  /** Returns true if an error of `read` means that the server refused the token. */
  readonly isTokenRefusal: (error: unknown) => boolean;
  /**
   * Returns true if the server may accept the same token next time.
   *
   * @default never: only a fresh token is tried
   */
  readonly isTemporaryRefusal?: ((error: unknown) => boolean) | undefined;
  /** Creates the error for a request without a complete response. */
  readonly connectionError: (reason: string, options: ErrorOptions) => Error;
}

/** The context for reading a response. */
export interface AnswerContext {
  /** Removes the token from text of other servers and libraries. */
  readonly redact: Redact;
  /** Aborts at the time limit of the request. */
  readonly signal: AbortSignal;
  /** Reads the body as text. Throws the connection error if it is incomplete or too long. */
  text(maxBytes: number): Promise<string>;
}

/**
 * Sends GET requests with a token. If the token is refused, the request is repeated once: with a
 * fresh token or, if the token cannot be renewed and the refusal may be temporary, with the same
 * one.
 */
export class AuthorizedClient {
  readonly #settings: AuthorizedClientSettings;
  readonly #token: TokenSession;

  /** @throws OptionTypeError if the settings are not an object. */
  constructor(settings: AuthorizedClientSettings) {
    objectArgument("settings", settings);
    this.#settings = settings;
    this.#token = new TokenSession(settings.token);
  }

  /**
   * Sends a request and returns the result of `read` for the response.
   *
   * @throws An error of `read`, the connection error, TokenError, or the signal's reason.
   */
  async get<T>(
    url: string,
    signal: AbortSignal | undefined,
    read: (response: FetchResponse, context: AnswerContext) => Promise<T>,
  ): Promise<T> {
    const { isTokenRefusal, isTemporaryRefusal } = this.#settings;
    let token: string | undefined;
    try {
      return await this.#attempt(signal, async (limited) => {
        token = await this.#token.get(limited);
        return this.#send(url, token, limited, read);
      });
    } catch (error) {
      if (!isTokenRefusal(error)) {
        throw error;
      }
      return await this.#attempt(signal, async (limited) => {
        const fresh = await this.#token.renew(token, limited);
        const next = fresh ?? (isTemporaryRefusal?.(error) ? token : undefined);
        if (next === undefined) {
          throw error;
        }
        return this.#send(url, next, limited, read);
      });
    }
  }

  async #attempt<T>(
    outer: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, connectionError } = this.#settings;
    const timeout = new Error(`no answer within ${timeoutMs} ms`);
    const limit = linkedTimeout(timeoutMs, () => timeout, outer);
    try {
      return await run(limit.signal);
    } catch (error) {
      outer?.throwIfAborted();
      if (limit.signal.aborted && !(error instanceof TokenError)) {
        throw connectionError(timeout.message, { cause: timeout });
      }
      throw error;
    } finally {
      limit.abort();
    }
  }

  async #send<T>(
    url: string,
    token: string | undefined,
    signal: AbortSignal,
    read: (response: FetchResponse, context: AnswerContext) => Promise<T>,
  ): Promise<T> {
    const redact = redactor(token);
    const response = await this.#fetch(url, token, signal, redact);
    return await read(response, {
      redact,
      signal,
      text: async (maxBytes) => {
        const body = await readBody(response, maxBytes, Number.POSITIVE_INFINITY, signal);
        if (!body.complete) {
          throw this.#settings.connectionError("the response is incomplete", {});
        }
        return body.text;
      },
    });
  }

  async #fetch(
    url: string,
    token: string | undefined,
    signal: AbortSignal,
    redact: Redact,
  ): Promise<FetchResponse> {
    const { fetch, connectionError } = this.#settings;
    let pending: Promise<FetchResponse> | undefined;
    try {
      pending = fetch(url, {
        headers: {
          Accept: "application/json",
          ...(token !== undefined && { Authorization: `bearer ${token}` }),
        },
        cache: "no-store",
        redirect: "manual",
        signal,
      });
      return await abortable(signal, pending);
    } catch (error) {
      if (pending !== undefined) {
        discardResponse(pending);
      }
      if (isOptionError(error)) {
        throw error;
      }
      const cause = redactError(error, redact);
      throw connectionError(reasonOf(cause), { cause });
    }
  }
}
