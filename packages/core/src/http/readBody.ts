import { abortable } from "../abortable.js";
import { invokeCallback } from "../invokeCallback.js";
import { linkedTimeout } from "../linkedAbortController.js";
import type { FetchResponse } from "./fetch.js";

/** The start of a response's body. */
export interface BodyText {
  readonly text: string;
  /** Whether all of the body was read. */
  readonly complete: boolean;
}

/**
 * Reads a body as text, but at most about `maxBytes` of it, and no longer than `timeoutMs`. Never
 * rejects: what has arrived by then is returned.
 */
export async function readBody(
  response: FetchResponse,
  maxBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BodyText> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return { text: "", complete: true };
  }
  const limit = linkedTimeout(timeoutMs, () => undefined, signal);
  const decoder = new TextDecoder();
  let text = "";
  let complete = false;
  try {
    for (let bytes = 0; bytes < maxBytes; ) {
      const { value } = await abortable(limit.signal, reader.read());
      if (value === undefined) {
        complete = true;
        break;
      }
      text += decoder.decode(value.subarray(0, maxBytes - bytes), { stream: true });
      // An empty chunk counts too, so that the loop ends.
      bytes += Math.max(1, value.length);
    }
  } catch {
    // A body that breaks off, or takes too long, is used as far as it came.
  }
  limit.abort();
  invokeCallback(() => reader.cancel(), ignore);
  return { text, complete };
}

/** The body may have failed already. */
function ignore(): void {}
