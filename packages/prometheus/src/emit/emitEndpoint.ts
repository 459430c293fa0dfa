import type { Emitter } from "@loggregator/api";
import {
  linkedTimeout,
  objectArgument,
  positiveInteger,
  positiveMs,
  stringArgument,
} from "@loggregator/core";
import { checkFetch, endpointUrl, type Fetch, readBody, reasonOf } from "@loggregator/core/http";
import { ScrapeError } from "../errors.js";
import { MetricsEmitter } from "./metricsEmitter.js";
import { type EmitMetricsOptions, emitMetricsNames, emitMetricsSettings } from "./options.js";

/** Options of `emitEndpoint`. */
export interface EmitEndpointOptions extends EmitMetricsOptions {
  /**
   * Headers of the requests, such as `authorization`.
   *
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Sends the requests.
   *
   * @default the global `fetch`; in Node.js, requests go through the proxy that `HTTPS_PROXY` names
   */
  readonly fetch?: Fetch | undefined;
  /**
   * The maximum duration of a scrape in milliseconds. Raise it for endpoints that answer slowly.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The maximum size of a response in bytes. A scrape that is larger fails. Raise it for endpoints
   * with more metrics.
   *
   * @default 16_777_216 (16 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/**
 * Scrapes an endpoint with metrics at a fixed interval and emits them, as Cloud Foundry's prom
 * scraper does. The first scrape starts after one interval. Redirects are not followed.
 *
 * @param url Such as `http://127.0.0.1:9100/metrics`.
 * @param emitter Any client, such as an `IngressClient` or a `V1Client`. It is not closed.
 * @throws OptionTypeError, OptionRangeError for an invalid argument or option.
 */
export function emitEndpoint(
  url: string | URL,
  emitter: Emitter,
  options: EmitEndpointOptions = {},
): MetricsEmitter {
  const target = endpointUrl("url", url);
  const settings = emitMetricsSettings<EmitEndpointOptions>(emitter, options, {
    ...emitMetricsNames,
    headers: true,
    fetch: true,
    timeoutMs: true,
    maxBytes: true,
  });
  const headers = options.headers ?? {};
  objectArgument("headers", headers);
  for (const name of Object.keys(headers)) {
    stringArgument(`headers.${name}`, headers[name]);
  }
  const scrape: Scrape = {
    url: target,
    headers: { accept: "text/plain;version=0.0.4", ...headers },
    fetch: checkFetch(options.fetch),
    timeoutMs: positiveMs("timeoutMs", options.timeoutMs ?? 10_000),
    maxBytes: positiveInteger("maxBytes", options.maxBytes ?? 16 * 1024 * 1024),
  };
  return new MetricsEmitter(emitter, settings, {
    name: target,
    collect: (signal) => scrapeText(scrape, signal),
    collectOnClose: false,
  });
}

interface Scrape {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

async function scrapeText(
  { url, headers, fetch, timeoutMs, maxBytes }: Scrape,
  signal: AbortSignal,
): Promise<string> {
  const timeout = () => new ScrapeError(`no answer within ${timeoutMs} ms`);
  const limit = linkedTimeout(timeoutMs, timeout, signal);
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: limit.signal });
    const { status } = response;
    if (status !== 200) {
      await response.body?.getReader().cancel();
      throw new ScrapeError(`the answer has status ${status}, not 200`, { status });
    }
    const { text, complete } = await readBody(
      response,
      maxBytes,
      Number.POSITIVE_INFINITY,
      limit.signal,
    );
    if (!complete) {
      limit.signal.throwIfAborted();
      const message = `the answer broke off, or has more than ${maxBytes} bytes (maxBytes)`;
      throw new ScrapeError(message, { status });
    }
    return text;
  } catch (error) {
    if (error instanceof ScrapeError) {
      throw error;
    }
    throw new ScrapeError(reasonOf(error as Error), { cause: error });
  } finally {
    limit.abort();
  }
}
