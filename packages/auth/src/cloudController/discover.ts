import { checkOptionNames, optionalSignal } from "@loggregator/core";
import type { HttpOptions } from "@loggregator/core/http";
import { ApiClient } from "./apiClient.js";
import { CloudControllerError } from "./cloudControllerError.js";

/** Options of `discover`. */
export interface DiscoverOptions extends HttpOptions {
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** The URLs of a Cloud Foundry foundation. */
export interface Discovery {
  /** The URL of log-cache, `links.log_cache`. Undefined if the API does not list it. */
  readonly logCacheUrl: string | undefined;
  /** The URL of the RLP gateway, `links.log_stream`. Undefined if the API does not list it. */
  readonly gatewayUrl: string | undefined;
  /** The URL of UAA, `links.uaa`. */
  readonly uaaUrl: string;
}

/**
 * Reads the URLs of a Cloud Foundry foundation from the root of its API, `https://api.<system
 * domain>`. No token is needed.
 *
 * @throws CloudControllerError if the root cannot be read, or is not that of a Cloud Foundry API; the
 * signal's reason if that aborted.
 * @throws OptionTypeError, OptionRangeError for an invalid URL or option.
 */
export function discover(apiUrl: string | URL, options: DiscoverOptions = {}): Promise<Discovery> {
  checkOptionNames<DiscoverOptions>("options", options, {
    fetch: true,
    timeoutMs: true,
    signal: true,
  });
  optionalSignal("signal", options.signal);
  return readLinks(new ApiClient(apiUrl, undefined, options), options.signal);
}

async function readLinks(api: ApiClient, signal: AbortSignal | undefined): Promise<Discovery> {
  const { links } = await api.get("/", signal);
  const href = (name: string): string | undefined => {
    const link: unknown = Object(Object(links)[name]).href;
    return typeof link === "string" && URL.canParse(link) ? link.replace(/\/+$/, "") : undefined;
  };
  const uaaUrl = href("uaa");
  if (uaaUrl === undefined) {
    throw new CloudControllerError(
      "the URL is not the root of a Cloud Foundry API: its response has no link to UAA",
      {
        retryable: false,
      },
    );
  }
  return { logCacheUrl: href("log_cache"), gatewayUrl: href("log_stream"), uaaUrl };
}
