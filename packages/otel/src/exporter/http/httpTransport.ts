import { errorText, linkedTimeout } from "@loggregator/core";
import {
  type FetchResponse,
  quote,
  readBytes,
  readErrorResponse,
  reasonOf,
  redactError,
  redactor,
} from "@loggregator/core/http";
import { OtlpExportError } from "../../errors.js";
import type { OtlpRequests } from "../../mapping/otlpRequests.js";
import { type Acceptance, decodeResponse, parseResponse } from "../encoding/decodeResponse.js";
import { gzipped } from "../encoding/gzipped.js";
import { jsonRequest } from "../encoding/jsonRequest.js";
import type { OtlpSignal } from "../otlpSignal.js";
import type { Transport } from "../transport/transport.js";
import type { HttpSettings } from "../transport/transportSettings.js";

/** Statuses after which a request may be sent again, by the OTLP specification. */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The maximum length of a response to an accepted request, in bytes. */
const maxResponseBytes = 1024 * 1024;

/** OTLP over HTTP. */
export class HttpTransport implements Transport {
  readonly address: string;
  readonly #kind: OtlpSignal;
  readonly #settings: HttpSettings;
  readonly #redact;

  constructor(kind: OtlpSignal, settings: HttpSettings) {
    this.#kind = kind;
    this.#settings = settings;
    this.address = new URL(settings.url).host;
    this.#redact = redactor(...Object.values(settings.headers));
  }

  async send(
    requests: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance> {
    const { url, isJson, gzip, headers, timeoutMs, fetch } = this.#settings;
    const body = isJson ? new TextEncoder().encode(jsonRequest(requests[this.#kind] ?? {})) : bytes;
    const timeout = linkedTimeout(
      timeoutMs,
      () => this.#error(`no response within ${timeoutMs} ms`, { retryable: true }),
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
      return await this.#read(response, timeout.signal);
    } catch (cause) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw timeout.signal.reason;
      }
      if (cause instanceof OtlpExportError) {
        throw cause;
      }
      const error = redactError(cause, this.#redact);
      throw this.#error(reasonOf(error), { cause: error, retryable: true });
    } finally {
      timeout.abort();
    }
  }

  close(): void {}

  async #read(response: FetchResponse, signal: AbortSignal): Promise<Acceptance> {
    const { status } = response;
    if (status < 200 || status > 299) {
      throw await this.#refusal(response, signal);
    }
    const { bytes } = await readBytes(response, maxResponseBytes, this.#settings.timeoutMs, signal);
    try {
      return response.headers.get("content-type")?.includes("json")
        ? parseResponse(new TextDecoder().decode(bytes))
        : decodeResponse(this.#kind, bytes);
    } catch (cause) {
      // The status confirms that the data was accepted.
      return {
        rejected: 0,
        message: `malformed response: ${quote(errorText(cause), this.#redact)}`,
      };
    }
  }

  async #refusal(response: FetchResponse, signal: AbortSignal): Promise<OtlpExportError> {
    const { status } = response;
    const { facts, redirect, field } = await readErrorResponse(
      response,
      this.#settings.url,
      this.#redact,
      signal,
    );
    const detail = field("message") ?? quote(facts.body, this.#redact);
    const advice =
      redirect === undefined ? detail : "a redirect, which is not followed; check the URL";
    const text = `the server answered ${status}${advice === "" ? "" : `: ${advice}`}`;
    return this.#error(text, {
      status,
      retryable: retryableStatuses.has(status),
      retryAfterMs: facts.retryAfterMs,
    });
  }

  #error(text: string, options: ConstructorParameters<typeof OtlpExportError>[1]): OtlpExportError {
    return new OtlpExportError(`cannot export ${this.#kind} to ${this.address}: ${text}`, {
      signal: this.#kind,
      ...options,
    });
  }
}
