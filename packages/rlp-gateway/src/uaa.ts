import { abortable } from "abort-controller-x";
import {
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
} from "oauth4webapi";
import { checkTimeout } from "./arguments.js";
import { endpointUrl } from "./endpoint.js";
import { isRetryableStatus, TokenError } from "./errors.js";
import { checkFetch, type Fetch, readErrorBody } from "./fetch.js";
import type { TokenRequest } from "./token.js";

/** Where the token server is, and who asks. */
export interface UaaClientCredentialsOptions {
  /** The UAA: `https://uaa.<system domain>` of a Cloud Foundry. Its `/oauth/token` is asked. */
  readonly url: string | URL;
  /** A client with the grant type `client_credentials` and the right to read logs. */
  readonly clientId: string;
  /** The client's secret. It is sent in the body of the request, and appears nowhere else. */
  readonly clientSecret: string;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long one request may take, in milliseconds. Default: 30,000. `Infinity`: for ever. */
  readonly timeoutMs?: number | undefined;
}

/** A token is replaced when it has less left than this, or than half of its life. */
const renewBeforeMs = 60_000;

interface PendingRequest {
  readonly token: Promise<string>;
  readonly controller: AbortController;
  callers: number;
}

/**
 * A token function for {@link RlpGatewayClient}: gets tokens from Cloud Foundry's UAA by OAuth's
 * client credentials, keeps each until a minute before it expires, and lets callers at the same
 * time share one request. Plain http is accepted, so use it on loopback only.
 *
 * The function throws `TokenError`.
 *
 * @throws TypeError or RangeError for an option that can't be meant.
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
  #kept: { token: string; renewAt: number } | undefined;
  #pending: PendingRequest | undefined;

  constructor(options: UaaClientCredentialsOptions) {
    this.#url = endpointUrl("url", options.url);
    for (const name of ["clientId", "clientSecret"] as const) {
      if (typeof options[name] !== "string") {
        throw new TypeError(`${name}: expected a string, got ${typeof options[name]}`);
      }
    }
    if (options.clientId === "") {
      throw new RangeError('clientId: expected the name of a client, got ""');
    }
    this.#clientId = options.clientId;
    this.#clientSecret = options.clientSecret;
    this.#fetch = checkFetch(options.fetch);
    this.#timeoutMs = checkTimeout("timeoutMs", options.timeoutMs ?? 30_000);
  }

  async token({ refresh, signal }: Partial<TokenRequest>): Promise<string> {
    if (!refresh && this.#kept !== undefined && Date.now() < this.#kept.renewAt) {
      return this.#kept.token;
    }
    this.#pending ??= this.#start();
    const pending = this.#pending;
    pending.callers += 1;
    try {
      return await (signal === undefined ? pending.token : abortable(signal, pending.token));
    } finally {
      pending.callers -= 1;
      // The last caller gone, nobody wants the answer. When it is there, this does nothing.
      if (pending.callers === 0) {
        pending.controller.abort();
        if (this.#pending === pending) this.#pending = undefined;
      }
    }
  }

  #start(): PendingRequest {
    const controller = new AbortController();
    const ends = [controller.signal];
    if (Number.isFinite(this.#timeoutMs)) ends.push(AbortSignal.timeout(this.#timeoutMs));
    const token = this.#request(AbortSignal.any(ends));
    return { token, controller, callers: 0 };
  }

  async #request(signal: AbortSignal): Promise<string> {
    const server = { issuer: this.#url, token_endpoint: `${this.#url}/oauth/token` };
    const client = { client_id: this.#clientId };
    const askedAt = Date.now();
    const response = await this.#post(server, client, signal);
    if (response.status !== 200) throw await this.#refusal(response);
    try {
      const answer = await processClientCredentialsResponse(server, client, response);
      const lifeMs = (answer.expires_in ?? Number.POSITIVE_INFINITY) * 1000;
      const renewAt = askedAt + Math.max(lifeMs - renewBeforeMs, lifeMs / 2);
      this.#kept = { token: answer.access_token, renewAt };
      return answer.access_token;
    } catch (error) {
      // Not passed on as the cause: it carries the response, and there may be a token in it.
      const reason = error instanceof Error ? error.message : String(error);
      throw new TokenError(`expected a token from ${server.token_endpoint}, got ${reason}`, {
        retryable: false,
        status: response.status,
      });
    }
  }

  async #post(server: AuthorizationServer, client: Client, signal: AbortSignal): Promise<Response> {
    try {
      // In the body, since UAA does not undo the escaping that OAuth asks of basic authentication.
      const secret = ClientSecretPost(this.#clientSecret);
      return await clientCredentialsGrantRequest(
        server,
        client,
        secret,
        {},
        {
          signal,
          [allowInsecureRequests]: true,
          [customFetch]: (url, init) =>
            this.#fetch(url, { ...init, signal }) as Promise<unknown> as Promise<Response>,
        },
      );
    } catch (cause) {
      throw new TokenError(`expected an answer from ${server.token_endpoint}, got ${cause}`, {
        cause,
        retryable: true,
      });
    }
  }

  async #refusal(response: Response): Promise<TokenError> {
    const { status } = response;
    const { json } = await readErrorBody(response, this.#clientSecret);
    const code = typeof json["error"] === "string" ? json["error"] : undefined;
    const detail = typeof json["error_description"] === "string" ? json["error_description"] : "";
    return new TokenError(
      `expected a token from ${this.#url}/oauth/token for the client ${JSON.stringify(this.#clientId)}, got ${status} ${code ?? ""} ${detail}`.trim(),
      { retryable: isRetryableStatus(status), status, code },
    );
  }
}
