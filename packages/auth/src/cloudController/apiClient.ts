import { timeoutMs } from "@loggregator/core";
import {
  checkFetch,
  classifyStatus,
  endpointUrl,
  type HttpOptions,
  parseJsonObject,
  quote,
  readErrorResponse,
} from "@loggregator/core/http";
import { AuthorizedClient } from "../authorizedClient.js";
import type { TokenFunction } from "../token/tokenFunction.js";
import { CloudControllerError } from "./cloudControllerError.js";

const maxAnswerBytes = 64 * 1024 * 1024;

/** Sends requests to Cloud Controller and parses its responses. */
export class ApiClient {
  readonly #url: string;
  readonly #client: AuthorizedClient;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(url: string | URL, token: string | TokenFunction | undefined, options: HttpOptions) {
    this.#url = endpointUrl("url", url);
    this.#client = new AuthorizedClient({
      fetch: checkFetch(options.fetch),
      token,
      timeoutMs: timeoutMs("timeoutMs", options.timeoutMs ?? 30_000),
      isTokenRefusal: (error) => error instanceof CloudControllerError && error.status === 401,
      connectionError: (reason, { cause }) =>
        new CloudControllerError(`cannot reach Cloud Controller at ${this.#url}: ${reason}`, {
          cause,
          retryable: true,
        }),
    });
  }

  /** @throws CloudControllerError, TokenError, or the signal's reason. */
  get(path: string, signal: AbortSignal | undefined): Promise<Readonly<Record<string, unknown>>> {
    const url = this.#url + path;
    return this.#client.get(url, signal, async (response, context) => {
      const { status } = response;
      if (status === 200) {
        const answer = parseJsonObject(await context.text(maxAnswerBytes));
        if (Object.keys(answer).length > 0) {
          return answer;
        }
        const message = `the response of ${this.#url} is not a JSON object, so it is not Cloud Controller. Check url`;
        throw new CloudControllerError(message, { status, retryable: false });
      }
      const { facts, redirect } = await readErrorResponse(
        response,
        url,
        context.redact,
        context.signal,
      );
      const { body, routerError } = facts;
      const { errors } = parseJsonObject(body) as { errors?: readonly unknown[] };
      const { title, detail } = Object(Array.isArray(errors) ? errors[0] : undefined) as {
        title?: unknown;
        detail?: unknown;
      };
      const code = typeof title === "string" ? quote(title, context.redact) : undefined;
      const description = typeof detail === "string" ? quote(detail, context.redact) : undefined;
      const answered =
        redirect ?? [status, code, description].filter((part) => part !== undefined).join(" ");
      const router = routerError === undefined ? "" : " from Cloud Foundry's router";
      throw new CloudControllerError(
        `cannot read ${this.#url}${path.replace(/\?.*/, "")}: got ${answered}${router}`,
        {
          ...facts,
          code,
          retryable: classifyStatus(status, routerError) === "temporary",
        },
      );
    });
  }
}
