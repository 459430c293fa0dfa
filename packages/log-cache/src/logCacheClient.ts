import { checkToken, type TokenFunction } from "@loggregator/auth";
import { checkOptionNames, objectArgument, timeoutMs } from "@loggregator/core";
import { checkFetch, endpointUrl, type HttpOptions } from "@loggregator/core/http";
import { LogCacheReader, type LogCacheReaderOptions } from "./client/logCacheReader.js";
import { checkRequestOptions, type RequestOptions } from "./client/requestOptions.js";
import { HttpTransport, type LogCacheInfo } from "./http/httpTransport.js";

/** Options of a `LogCacheClient`. */
export interface LogCacheClientOptions extends LogCacheReaderOptions, HttpOptions {
  /** The URL of log-cache: `https://log-cache.<system domain>` in Cloud Foundry. */
  readonly url: string | URL;
  /**
   * The OAuth token, with or without `bearer` before it, or a function that returns it, such as
   * those of `@loggregator/auth`.
   *
   * @default none is sent, for a gateway without the auth proxy
   */
  readonly token?: string | TokenFunction | undefined;
}

/**
 * Reads envelopes and metrics that Cloud Foundry's log-cache has stored, over its HTTP API.
 *
 * It only uses `fetch` and web streams, so it runs in browsers, Node.js, Deno and Bun.
 */
export class LogCacheClient extends LogCacheReader {
  readonly #transport: HttpTransport;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. Nothing is sent yet. */
  constructor(options: LogCacheClientOptions) {
    checkOptionNames<LogCacheClientOptions>("options", options, {
      url: true,
      token: true,
      fetch: true,
      timeoutMs: true,
      retry: true,
      onRetryableError: true,
      logger: true,
      signal: true,
    });
    const transport = new HttpTransport({
      url: endpointUrl("url", options.url),
      token: checkToken(options.token),
      fetch: checkFetch(options.fetch),
      timeoutMs: timeoutMs("timeoutMs", options.timeoutMs ?? 30_000),
    });
    super(transport, options);
    this.#transport = transport;
  }

  /**
   * Creates a client from the environment, in Node.js, Deno and Bun: `LOGGREGATOR_LOG_CACHE_URL`, and
   * `CF_TOKEN`, if it is set. Options take precedence.
   *
   * @throws OptionTypeError if no URL is set.
   */
  static fromEnv(options: Partial<LogCacheClientOptions> = {}): LogCacheClient {
    objectArgument("options", options);
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    const { LOGGREGATOR_LOG_CACHE_URL, CF_TOKEN } = process?.env ?? {};
    return new LogCacheClient({
      ...options,
      token: options.token ?? (CF_TOKEN || undefined),
      url: options.url ?? endpointUrl("LOGGREGATOR_LOG_CACHE_URL", LOGGREGATOR_LOG_CACHE_URL),
    });
  }

  /**
   * Returns log-cache's version. It needs no token.
   *
   * @throws LogCacheError
   */
  info(options: RequestOptions = {}): Promise<LogCacheInfo> {
    checkRequestOptions(options);
    return this.request(options.signal, (signal) => this.#transport.info(signal));
  }
}
