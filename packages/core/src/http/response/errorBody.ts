import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { parseJsonObject } from "./parseJsonObject.js";
import { readBody } from "./readBody.js";

/** The maximum length of an error response that is kept, in bytes. */
const maxErrorBodyBytes = 64 * 1024;

/** More is read, so that a secret at the end is recognized before the text is cut. */
const marginBytes = 16 * 1024;

/** The time limit for the body of an error response, in milliseconds. The status is already known. */
const errorBodyTimeoutMs = 2_000;

/** Longer text from other servers is truncated in messages. */
const maxQuoteLength = 200;

/** The body of an error response, without secrets. */
export interface ErrorBody {
  /** At most 64 KiB in UTF-8. */
  readonly text: string;
  /** Returns a property of the JSON object in the body if it is a string, for use in a message. */
  field(name: string): string | undefined;
}

/** Reads the body of an error response. Never rejects, and takes 2 seconds at most. */
export async function readErrorBody(
  response: FetchResponse,
  redact: Redact,
  signal: AbortSignal,
): Promise<ErrorBody> {
  const maxBytes = maxErrorBodyBytes + marginBytes;
  const { text, complete } = await readBody(response, maxBytes, errorBodyTimeoutMs, signal);
  // The gateway and UAA use different content types for JSON, so the content type is ignored.
  const fields = parseJsonObject(text);
  return {
    text: cutBytes(redact(text, !complete)),
    field(name) {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return typeof value === "string" ? quote(value, redact) : undefined;
    },
  };
}

/** Prepares text from another server for a message: without secrets, on one line, and truncated. */
export function quote(text: string, redact: Redact): string {
  const line = redact(text).replace(/\p{Cc}+/gu, " ");
  return line.length > maxQuoteLength ? `${line.slice(0, maxQuoteLength)}…` : line;
}

/** Truncates text to 64 KiB of UTF-8. */
function cutBytes(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxErrorBodyBytes)).read);
}
