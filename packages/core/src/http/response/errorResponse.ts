import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { routerErrorOf } from "./classifyStatus.js";
import { describeRedirect } from "./describeRedirect.js";
import { parseJsonObject } from "./parseJsonObject.js";
import { quote } from "./quote.js";
import { readBody } from "./readBody.js";
import { retryAfterMs } from "./retryAfterMs.js";

/** The maximum length of an error response that is kept, in bytes. */
const maxErrorBodyBytes = 64 * 1024;

/**
 * The number of bytes read beyond that, so that a secret at the end is recognized before the text is
 * truncated.
 */
const marginBytes = 16 * 1024;

/** The time limit for the body of an error response, in milliseconds. The status is already known. */
const errorBodyTimeoutMs = 2_000;

/** The fields that errors take from an error response, without secrets. */
export interface ResponseFacts {
  readonly status: number;
  /** At most 64 KiB in UTF-8. */
  readonly body: string;
  /** The error code of Cloud Foundry's router, if the response is its own, such as `unknown_route`. */
  readonly routerError: string | undefined;
  /** The delay that the server requested with `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** An error response, without secrets. */
export interface ErrorResponse {
  readonly facts: ResponseFacts;
  /** The description of a redirect, for use in a message. Undefined for other responses. */
  readonly redirect: string | undefined;
  /** Returns a property of the JSON object in the body if it is a string, for use in a message. */
  field(name: string): string | undefined;
}

/**
 * Reads an error response. Never rejects, and takes 2 seconds at most.
 *
 * @param url The URL of the request.
 */
export async function readErrorResponse(
  response: FetchResponse,
  url: string,
  redact: Redact,
  signal: AbortSignal,
): Promise<ErrorResponse> {
  const maxBytes = maxErrorBodyBytes + marginBytes;
  const { text, complete } = await readBody(response, maxBytes, errorBodyTimeoutMs, signal);
  // The gateway and UAA use different content types for JSON, so the content type is ignored.
  const fields = parseJsonObject(text);
  const body = cutBytes(redact(text, !complete));
  return {
    facts: {
      status: response.status,
      body,
      routerError: routerErrorOf(response, body, redact),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    },
    redirect: describeRedirect(response, url, redact),
    field(name) {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return typeof value === "string" ? quote(value, redact) : undefined;
    },
  };
}

/** Truncates text to 64 KiB of UTF-8. */
function cutBytes(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxErrorBodyBytes)).read);
}
