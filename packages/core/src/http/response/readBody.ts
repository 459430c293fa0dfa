import { invokeCallback } from "../../reporting/invokeCallback.js";
import { abortable } from "../../signals/abortable.js";
import { linkedTimeout } from "../../signals/linkedAbortController.js";
import type { FetchResponse } from "../fetch.js";

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
  const decoder = new TextDecoder();
  let text = "";
  const complete = await readChunks(response, maxBytes, timeoutMs, signal, (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return { text, complete };
}

/** Like `readBody`, but returns bytes. */
export async function readBytes(
  response: FetchResponse,
  maxBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BodyBytes> {
  const chunks: Uint8Array[] = [];
  const complete = await readChunks(response, maxBytes, timeoutMs, signal, (chunk) => {
    chunks.push(chunk);
  });
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, complete };
}

/** Passes the chunks of a body to `onChunk`. Resolves to true at the end of the body. */
async function readChunks(
  response: FetchResponse,
  maxBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
  onChunk: (chunk: Uint8Array) => void,
): Promise<boolean> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return true;
  }
  const limit = linkedTimeout(timeoutMs, () => undefined, signal);
  let complete = false;
  try {
    for (let bytes = 0; bytes < maxBytes; ) {
      const { value } = await abortable(limit.signal, reader.read());
      if (value === undefined) {
        complete = true;
        break;
      }
      onChunk(value.subarray(0, maxBytes - bytes));
      // An empty chunk counts too, so that the loop ends.
      bytes += Math.max(1, value.length);
    }
  } catch {
    // If the body is cut off or takes too long, the part received so far is used.
  }
  limit.abort();
  invokeCallback(() => reader.cancel(), ignore);
  return complete;
}

/** The body may already have failed. */
function ignore(): void {}
