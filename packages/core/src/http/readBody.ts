import { invokeCallback } from "../client/invokeCallback.js";
import { abortable } from "../signals/abortable.js";
import { linkedTimeout } from "../signals/linkedAbortController.js";
import type { FetchResponse } from "./fetch.js";

/** The start of a response's body, as text. */
export interface BodyText {
  readonly text: string;
  /** True if all of the body was read. */
  readonly complete: boolean;
}

/** The start of a response's body. */
export interface BodyBytes {
  readonly bytes: Uint8Array;
  /** True if all of the body was read. */
  readonly complete: boolean;
}

/**
 * Reads a body as text, but at most about `maxBytes` of it, and no longer than `timeoutMs`. Never
 * rejects: the part that has arrived by then is returned.
 */
export async function readBody(
  response: FetchResponse,
  maxBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BodyText> {
  const { bytes, complete } = await readBytes(response, maxBytes, timeoutMs, signal);
  return { text: new TextDecoder().decode(bytes, { stream: true }), complete };
}

/** Reads a body as bytes; otherwise as `readBody`. */
export async function readBytes(
  response: FetchResponse,
  maxBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BodyBytes> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return { bytes: new Uint8Array(), complete: true };
  }
  const limit = linkedTimeout(timeoutMs, () => undefined, signal);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let complete = false;
  try {
    for (let steps = 0; length < maxBytes && steps < maxBytes; steps++) {
      const { value } = await abortable(limit.signal, reader.read());
      if (value === undefined) {
        complete = true;
        break;
      }
      const chunk = value.subarray(0, maxBytes - length);
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch {
    // If the body is cut off or takes too long, the part received so far is used.
  }
  limit.abort();
  invokeCallback(() => reader.cancel(), ignore);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, complete };
}

/** The body may already have failed. */
function ignore(): void {}
