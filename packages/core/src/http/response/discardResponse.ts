import type { FetchResponse } from "../fetch.js";

/**
 * Ends the body of a response that nobody will read, as soon as the response arrives. A `fetch` that
 * ignores its signal may answer after it aborted. Failures are ignored.
 */
export function discardResponse(pending: Promise<FetchResponse>): void {
  pending.then(({ body }) => body?.getReader().cancel()).catch(() => {});
}
