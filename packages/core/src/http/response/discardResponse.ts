import type { FetchResponse } from "../fetch.js";

/**
 * Cancels the body of an unused response as soon as the response arrives. Use it after an abort: a
 * `fetch` that ignores its signal may still resolve. Failures are ignored.
 */
export function discardResponse(pending: Promise<FetchResponse>): void {
  pending.then(({ body }) => body?.getReader().cancel()).catch(() => {});
}
