import {
  type AnswerContext,
  AuthorizedClient,
  type AuthorizedClientSettings,
  TokenError,
  type TokenFunction,
} from "@loggregator/auth";
import { classifyStatus, type Fetch, type FetchResponse } from "@loggregator/core/http";
import type { ReadQuery } from "../client/readOptions.js";
import type { SourceMeta } from "../client/sourceMeta.js";
import {
  InvalidResponseError,
  LogCacheConnectionError,
  LogCacheError,
  LogCacheResponseError,
} from "../errors.js";
import type { InstantQuery, RangeQuery } from "../promql/queryOptions.js";
import type { MatrixResult, QueryResult } from "../promql/queryResult.js";
import type { ReadAnswer, Transport } from "../transport.js";
import { parseMeta } from "./parseMeta.js";
import { parseQueryResult } from "./parseQueryResult.js";
import { parseRead } from "./parseRead.js";
import { isProxyRefusal, isTokenRefusal, responseError } from "./responseError.js";

/**
 * The maximum size of an answer in bytes. 50 MiB of protobuf are normally up to about 70 MB of
 * JSON.
 */
const maxAnswerBytes = 256 * 1024 * 1024;

/** The version and uptime of log-cache. */
export interface LogCacheInfo {
  /** The version, such as `3.2.12`. */
  readonly version: string;
  /** The uptime of the VM in milliseconds. Undefined for old versions. */
  readonly vmUptimeMs: number | undefined;
}

/** Settings of the transport. */
export interface HttpSettings {
  readonly url: string;
  readonly token: string | TokenFunction | undefined;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
}

/** Log-cache's HTTP API, as served by its gateway and by the auth proxy in front of it. */
export class HttpTransport implements Transport {
  readonly name: string;
  readonly #client: AuthorizedClient;
  readonly #publicClient: AuthorizedClient;

  constructor({ url, ...settings }: HttpSettings) {
    this.name = url;
    const clientSettings: AuthorizedClientSettings = {
      ...settings,
      isTokenRefusal,
      isTemporaryRefusal: isProxyRefusal,
      connectionError: (reason, options) =>
        new LogCacheConnectionError(`cannot reach log-cache at ${url}: ${reason}`, options),
    };
    this.#client = new AuthorizedClient(clientSettings);
    this.#publicClient = new AuthorizedClient({ ...clientSettings, token: undefined });
  }

  async read(query: ReadQuery, signal: AbortSignal | undefined): Promise<ReadAnswer> {
    const parameters = new URLSearchParams({
      start_time: `${query.startTime}`,
      limit: `${query.limit}`,
    });
    if (query.endTime !== undefined) {
      parameters.set("end_time", `${query.endTime}`);
    }
    for (const type of query.types) {
      parameters.append("envelope_types", `${type}`);
    }
    if (query.descending) {
      parameters.set("descending", "true");
    }
    if (query.nameFilter !== "") {
      parameters.set("name_filter", query.nameFilter);
    }
    const path = `/api/v1/read/${encodeURIComponent(query.sourceId)}?${parameters}`;
    const what = `read the source ${JSON.stringify(query.sourceId)}`;
    return this.#get(what, path, signal, (text, response) => ({
      envelopes: parseRead(text),
      serverTime: serverTime(response),
    }));
  }

  meta(signal: AbortSignal | undefined): Promise<Map<string, SourceMeta>> {
    return this.#get("list the sources", "/api/v1/meta", signal, parseMeta);
  }

  info(signal: AbortSignal | undefined): Promise<LogCacheInfo> {
    const what = "read log-cache's version";
    return this.#get(what, "/api/v1/info", signal, parseInfo, this.#publicClient);
  }

  instantQuery(
    { query, time }: InstantQuery,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult> {
    const parameters = new URLSearchParams({ query, ...(time !== "" && { time }) });
    return this.#get("evaluate the query", `/api/v1/query?${parameters}`, signal, parseQueryResult);
  }

  rangeQuery(query: RangeQuery, signal: AbortSignal | undefined): Promise<MatrixResult> {
    const path = `/api/v1/query_range?${new URLSearchParams({ ...query })}`;
    return this.#get("evaluate the query", path, signal, (text) => {
      const result = parseQueryResult(text);
      if (result.resultType !== "matrix") {
        throw new SyntaxError("the result of a range query must be a matrix");
      }
      return result;
    });
  }

  isRetryable(error: unknown, wasAccepted: boolean): error is Error {
    if (error instanceof TokenError) {
      return error.retryable;
    }
    if (error instanceof LogCacheResponseError && wasAccepted && !error.tooLarge) {
      return classifyStatus(error.status, error.routerError) !== "invalid";
    }
    return error instanceof LogCacheError && error.retryable;
  }

  close(): void {}

  #get<T>(
    what: string,
    path: string,
    signal: AbortSignal | undefined,
    parse: (text: string, response: FetchResponse) => T,
    client = this.#client,
  ): Promise<T> {
    const url = this.name + path;
    return client.get(url, signal, async (response, context: AnswerContext) => {
      if (response.status !== 200) {
        throw await responseError(what, url, response, context);
      }
      const text = await context.text(maxAnswerBytes);
      try {
        return parse(text, response);
      } catch (thrown) {
        // Error messages of parsers quote a part of the text, which may contain the token.
        const cause = new Error(context.redact(String(thrown)));
        throw new InvalidResponseError(
          `cannot ${what}: invalid log-cache response from ${this.name}: ${cause.message}`,
          { cause },
        );
      }
    });
  }
}

function parseInfo(text: string): LogCacheInfo {
  const { version, vm_uptime } = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  if (typeof version !== "string") {
    throw new SyntaxError("version must be a string");
  }
  const uptime = typeof vm_uptime === "string" && /^\d+$/.test(vm_uptime) ? vm_uptime : undefined;
  return { version, vmUptimeMs: uptime === undefined ? undefined : Number(uptime) * 1000 };
}

/** Browsers hide this header from pages of other origins. */
function serverTime({ headers }: FetchResponse): bigint | undefined {
  const ms = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n;
}
