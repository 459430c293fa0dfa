import { errorText, linkedTimeout } from "@loggregator/core";
import {
  type Fetch,
  type FetchResponse,
  isRedirect,
  quote,
  readBytes,
  readErrorBody,
  reasonOf,
  redactError,
  redactor,
  retryAfterMs,
} from "@loggregator/core/http";
import { OtlpExportError } from "../errors.js";
import type { OtlpRequests } from "../mapping/otlpRequests.js";
import { gzipped } from "./gzip.js";
import { jsonRequest } from "./jsonRequest.js";
import { type Acceptance, decodeResponse, type OtlpSignal, parseResponse } from "./signals.js";
import type { Transport } from "./transport.js";

/** Statuses after which a request may be sent again, by the OTLP specification. */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The maximum length of a response to an accepted request, in bytes. */
const maxResponseBytes = 1024 * 1024;

export interface HttpTransportOptions {
  /** The URL of each signal. */
  readonly urls: Readonly<Record<OtlpSignal, string>>;
  readonly isJson: boolean;
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly fetch: Fetch;
}

/** OTLP over HTTP. */
export class HttpTransport implements Transport {
  readonly address: string;
  readonly #options: HttpTransportOptions;
  readonly #redact;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.address = new URL(options.urls.logs).host;
    this.#redact = redactor(...Object.values(options.headers));
  }

  async send(
    kind: OtlpSignal,
    requests: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance> {
    const { urls, isJson, gzip, headers, timeoutMs, fetch } = this.#options;
    const url = urls[kind];
    const body = isJson ? new TextEncoder().encode(jsonRequest(requests[kind] ?? {})) : bytes;
    const timeout = linkedTimeout(
      timeoutMs,
      () => this.#error(kind, `no response within ${timeoutMs} ms`, { retryable: true }),
      signal,
    );
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          ...headers,
          "Content-Type": isJson ? "application/json" : "application/x-protobuf",
          ...(gzip && { "Content-Encoding": "gzip" }),
        },
        body: gzip ? await gzipped(body) : body,
        redirect: "manual",
        signal: timeout.signal,
      });
      return await this.#read(kind, response, timeout.signal);
    } catch (cause) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw timeout.signal.reason;
      }
      if (cause instanceof OtlpExportError) {
        throw cause;
      }
      const error = redactError(cause, this.#redact);
      throw this.#error(kind, reasonOf(error), { cause: error, retryable: true });
    } finally {
      timeout.abort();
    }
  }

  close(): void {}

  async #read(kind: OtlpSignal, response: FetchResponse, signal: AbortSignal): Promise<Acceptance> {
    const { status } = response;
    if (status < 200 || status > 299) {
      throw await this.#refusal(kind, response, signal);
    }
    const { bytes } = await readBytes(response, maxResponseBytes, this.#options.timeoutMs, signal);
    try {
      return response.headers.get("content-type")?.includes("json")
        ? parseResponse(new TextDecoder().decode(bytes))
        : decodeResponse(kind, bytes);
    } catch (cause) {
      // The status says that the data was accepted.
      return {
        rejected: 0,
        message: `malformed response: ${quote(errorText(cause), this.#redact)}`,
      };
    }
  }

  async #refusal(
    signal: OtlpSignal,
    response: FetchResponse,
    abort: AbortSignal,
  ): Promise<OtlpExportError> {
    const { status } = response;
    const body = await readErrorBody(response, this.#redact, abort);
    const detail = body.field("message") ?? quote(body.text, this.#redact);
    const advice = isRedirect(response)
      ? "a redirect, which is not followed; check the URL"
      : detail;
    const text = `the server answered ${status}${advice === "" ? "" : `: ${advice}`}`;
    return this.#error(signal, text, {
      status,
      retryable: retryableStatuses.has(status),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }

  #error(
    signal: OtlpSignal,
    text: string,
    options: ConstructorParameters<typeof OtlpExportError>[1],
  ): OtlpExportError {
    return new OtlpExportError(`cannot export ${signal} to ${this.address}: ${text}`, {
      signal,
      ...options,
    });
  }
}
