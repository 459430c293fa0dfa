import {
  abortable,
  isOptionError,
  type LinkedAbortController,
  linkedTimeout,
  timeoutMs,
} from "@loggregator/core";
import {
  checkFetch,
  classifyStatus,
  endpointUrl,
  type Fetch,
  type FetchResponse,
  parseJsonObject,
  type Redact,
  readBody,
  readErrorResponse,
  reasonOf,
  redactError,
} from "@loggregator/core/http";
import { TokenError } from "../errors.js";
import { parseToken } from "../token/parseToken.js";
import { checkTokenRequest, type TokenRequest } from "../token/tokenFunction.js";
import { tokenRedactor } from "../token/tokenRedactor.js";
import type { UaaOptions } from "./uaaOptions.js";

/**
 * The remaining lifetime in milliseconds below which a token is replaced, or half of the token's
 * lifetime if that is less.
 */
const renewBeforeMs = 60_000;

/** The maximum size of a response in bytes. Normally it has a few KiB. */
const maxAnswerBytes = 1024 * 1024;

/** An OAuth grant. */
export interface UaaGrant {
  /** The owner of the token, for messages. */
  readonly subject: string;
  /** The form to send. */
  form(): Record<string, string>;
  /** Returns the secrets in the form, which are removed from all messages. */
  secrets(): readonly string[];
  /** Called with the fields of a response that contains a token. */
  onAnswer?(fields: Readonly<Record<string, unknown>>): void;
}

interface PendingRequest {
  readonly token: Promise<string>;
  readonly limit: LinkedAbortController;
  callers: number;
}

/**
 * Requests tokens from Cloud Foundry's UAA, keeps each until a minute before it expires, and shares
 * one request among concurrent callers.
 */
export class UaaClient {
  readonly #url: string;
  readonly #grant: UaaGrant;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  #cached: { readonly token: string; readonly renewAt: number } | undefined;
  #pending: PendingRequest | undefined;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(options: UaaOptions, grant: UaaGrant) {
    this.#url = `${endpointUrl("url", options.url)}/oauth/token`;
    this.#grant = grant;
    this.#fetch = checkFetch(options.fetch);
    this.#timeoutMs = timeoutMs("timeoutMs", options.timeoutMs ?? 30_000);
  }

  /** @throws TokenError; OptionTypeError for an invalid request. */
  async token(request: Partial<TokenRequest>): Promise<string> {
    checkTokenRequest(request);
    const { refresh, signal } = request;
    if (!refresh && this.#cached !== undefined && Date.now() < this.#cached.renewAt) {
      return this.#cached.token;
    }
    this.#pending ??= this.#start();
    const pending = this.#pending;
    pending.callers += 1;
    try {
      return await (signal === undefined ? pending.token : abortable(signal, pending.token));
    } finally {
      pending.callers -= 1;
      if (pending.callers === 0) {
        // Either no caller waits for the response any more, or it has arrived.
        pending.limit.abort();
        if (this.#pending === pending) {
          this.#pending = undefined;
        }
      }
    }
  }

  #start(): PendingRequest {
    const limit = linkedTimeout(
      this.#timeoutMs,
      () => new Error(`no answer within ${this.#timeoutMs} ms`),
    );
    return { token: this.#request(limit.signal), limit, callers: 0 };
  }

  async #request(signal: AbortSignal): Promise<string> {
    const requestedAt = Date.now();
    let response: FetchResponse;
    try {
      response = await abortable(signal, this.#post(signal));
    } catch (error) {
      throw this.#unreachable(signal.aborted ? signal.reason : error);
    }
    if (response.status !== 200) {
      throw await this.#refusal(response, signal);
    }
    const { text, complete } = await readBody(
      response,
      maxAnswerBytes,
      Number.POSITIVE_INFINITY,
      signal,
    );
    if (!complete) {
      throw this.#unreachable(
        signal.aborted ? signal.reason : new Error("the response is incomplete"),
      );
    }
    const answer = parseJsonObject(text);
    const { access_token, token_type, expires_in } = answer;
    const token = parseToken(access_token);
    if (token === undefined || String(token_type).toLowerCase() !== "bearer") {
      // The response is not quoted, because it may contain a token.
      throw this.#error("the response contains no bearer token", {
        retryable: this.#cached !== undefined,
        status: 200,
      });
    }
    const lifetimeMs = Number(expires_in ?? Number.POSITIVE_INFINITY) * 1000;
    const renewAt = requestedAt + Math.max(lifetimeMs - renewBeforeMs, lifetimeMs / 2);
    this.#cached = { token, renewAt };
    this.#grant.onAnswer?.(answer);
    return token;
  }

  #post(signal: AbortSignal): Promise<FetchResponse> {
    return this.#fetch(this.#url, {
      method: "POST",
      headers: { Accept: "application/json" },
      // In the body, because UAA does not decode the escaping that OAuth requires for basic
      // authentication.
      body: new URLSearchParams(this.#grant.form()),
      redirect: "manual",
      signal,
    });
  }

  get #redactor(): Redact {
    const redactors = this.#grant.secrets().map(tokenRedactor);
    return (text, cut) => redactors.reduce((redacted, redact) => redact(redacted, cut), text);
  }

  #unreachable(error: unknown): Error {
    if (isOptionError(error)) {
      return error;
    }
    const cause = redactError(error, this.#redactor);
    return this.#error(reasonOf(cause), { cause, retryable: true });
  }

  async #refusal(response: FetchResponse, signal: AbortSignal): Promise<TokenError> {
    const { facts, redirect, field } = await readErrorResponse(
      response,
      this.#url,
      this.#redactor,
      signal,
    );
    const { status, routerError, retryAfterMs } = facts;
    const statusClass = classifyStatus(status, routerError);
    const code = field("error");
    const answer =
      redirect ??
      [status, code, field("error_description")].filter((part) => part !== undefined).join(" ");
    const router =
      routerError === undefined
        ? ""
        : " from Cloud Foundry's router, which currently has no route to UAA";
    return this.#error(`got ${answer}${router}`, {
      // After a success, a response that is not from UAA counts as temporary.
      retryable: statusClass === "temporary" || (code === undefined && this.#cached !== undefined),
      status,
      code,
      retryAfterMs,
    });
  }

  #error(reason: string, options: ConstructorParameters<typeof TokenError>[1]): TokenError {
    return new TokenError(
      `cannot get a token from ${this.#url} for ${this.#grant.subject}: ${reason}`,
      options,
    );
  }
}
