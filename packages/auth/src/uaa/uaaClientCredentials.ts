import {
  abortable,
  checkOptionNames,
  isOptionError,
  type LinkedAbortController,
  linkedTimeout,
  nonEmptyString,
  OptionTypeError,
  timeoutMs,
} from "@loggregator/core";
import {
  checkFetch,
  describeRedirect,
  endpointUrl,
  type Fetch,
  type FetchResponse,
  isRedirect,
  parseJsonObject,
  type Redact,
  readBody,
  readErrorBody,
  reasonOf,
  redactError,
  retryAfterMs,
  routerErrorOf,
  verdictOf,
} from "@loggregator/core/http";
import { TokenError } from "../errors.js";
import { parseToken } from "../token/parseToken.js";
import type { TokenRequest } from "../token/tokenFunction.js";
import { tokenRedactor } from "../token/tokenRedactor.js";

/** The address of the token server, and the client that requests tokens. */
export interface UaaClientCredentialsOptions {
  /** The UAA: `https://uaa.<system domain>` of a Cloud Foundry. Tokens come from its `/oauth/token`. */
  readonly url: string | URL;
  /**
   * A client with the grant type `client_credentials` and the authority `logs.admin` or
   * `doppler.firehose`.
   */
  readonly clientId: string;
  /** The client's secret, which may be empty. It is sent in the body of the request only. */
  readonly clientSecret: string;
  /** Another `fetch`, for example for a private certificate authority. Default: as for the client. */
  readonly fetch?: Fetch | undefined;
  /**
   * The time limit of a request in milliseconds, including its answer. `Infinity`: no limit.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}

/** A token is replaced when it has less left than this, or than half of its lifetime. */
const renewBeforeMs = 60_000;

/** An answer with a token has a few KiB. */
const maxAnswerBytes = 1024 * 1024;

interface PendingRequest {
  readonly token: Promise<string>;
  readonly limit: LinkedAbortController;
  callers: number;
}

/**
 * Creates a token function. It gets tokens from Cloud Foundry's UAA by
 * OAuth's client credentials grant, keeps each until a minute before it expires, and lets callers at
 * the same time share one request. Plain http is accepted, so use it on loopback only.
 *
 * The function throws `TokenError`.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function uaaClientCredentials(
  options: UaaClientCredentialsOptions,
): (request?: Partial<TokenRequest>) => Promise<string> {
  const client = new UaaClient(options);
  return (request = {}) => client.token(request);
}

class UaaClient {
  readonly #url: string;
  readonly #clientId: string;
  readonly #clientSecret: string;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  readonly #redact: Redact;
  #cached: { readonly token: string; readonly renewAt: number } | undefined;
  #pending: PendingRequest | undefined;

  constructor(options: UaaClientCredentialsOptions) {
    checkOptionNames<UaaClientCredentialsOptions>("options", options, {
      url: true,
      clientId: true,
      clientSecret: true,
      fetch: true,
      timeoutMs: true,
    });
    this.#url = `${endpointUrl("url", options.url)}/oauth/token`;
    this.#clientId = nonEmptyString("clientId", options.clientId);
    if (typeof options.clientSecret !== "string") {
      // The value is a secret even if it is of the wrong type.
      throw new OptionTypeError("clientSecret", "a string", typeof options.clientSecret);
    }
    this.#clientSecret = options.clientSecret;
    this.#fetch = checkFetch(options.fetch);
    this.#timeoutMs = timeoutMs("timeoutMs", options.timeoutMs ?? 30_000);
    this.#redact = tokenRedactor(this.#clientSecret);
  }

  async token({ refresh, signal }: Partial<TokenRequest>): Promise<string> {
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
        // Nobody waits for the answer any more, or it is there.
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
        signal.aborted ? signal.reason : new Error("the answer is incomplete"),
      );
    }
    const { access_token, token_type, expires_in } = parseJsonObject(text);
    const token = parseToken(access_token);
    if (token === undefined || String(token_type).toLowerCase() !== "bearer") {
      // The answer is not quoted: it may contain a token.
      throw this.#error("the answer contains no bearer token", {
        retryable: this.#cached !== undefined,
        status: 200,
      });
    }
    const lifetimeMs = Number(expires_in ?? Number.POSITIVE_INFINITY) * 1000;
    const renewAt = requestedAt + Math.max(lifetimeMs - renewBeforeMs, lifetimeMs / 2);
    this.#cached = { token, renewAt };
    return token;
  }

  #post(signal: AbortSignal): Promise<FetchResponse> {
    return this.#fetch(this.#url, {
      method: "POST",
      headers: { Accept: "application/json" },
      // In the body, as UAA does not undo the escaping that OAuth requires in basic authentication.
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: this.#clientId,
        client_secret: this.#clientSecret,
      }),
      redirect: "manual",
      signal,
    });
  }

  #unreachable(error: unknown): Error {
    if (isOptionError(error)) {
      return error;
    }
    const cause = redactError(error, this.#redact);
    return this.#error(reasonOf(cause), { cause, retryable: true });
  }

  async #refusal(response: FetchResponse, signal: AbortSignal): Promise<TokenError> {
    const { status } = response;
    const body = await readErrorBody(response, this.#redact, signal);
    const routerError = routerErrorOf(response, body.text);
    const verdict = verdictOf(status, routerError);
    const code = body.field("error");
    const answer = isRedirect(response)
      ? describeRedirect(response, this.#url, this.#redact)
      : [status, code, body.field("error_description")]
          .filter((part) => part !== undefined)
          .join(" ");
    const router =
      routerError === undefined
        ? ""
        : " from Cloud Foundry's router, which has no route to UAA at present";
    return this.#error(`got ${answer}${router}`, {
      // Whoever has got a token before need not believe a server that is not UAA.
      retryable: verdict === "momentary" || (code === undefined && this.#cached !== undefined),
      status,
      code,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }

  #error(reason: string, options: ConstructorParameters<typeof TokenError>[1]): TokenError {
    const client = JSON.stringify(this.#clientId);
    return new TokenError(
      `cannot get a token from ${this.#url} for the client ${client}: ${reason}`,
      options,
    );
  }
}
