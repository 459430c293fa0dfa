import type { Fetch } from "../http/fetch.js";
import { proxyFor } from "../network/proxyFor.js";

const originalFetch = globalThis.fetch;

/**
 * The global `fetch`, or `nodeFetch` if the environment names a proxy, because Node.js ignores
 * `HTTPS_PROXY` and its like by default. A `fetch` or an undici dispatcher that the program has
 * installed takes precedence.
 */
export const defaultFetch: Fetch = async (url, init) => {
  const isUnchanged = globalThis.fetch === originalFetch && !hasDispatcher();
  if (!isUnchanged || proxyFor(new URL(url), process.env) === undefined) {
    return fetch(url, init);
  }
  const { nodeFetch } = await import("./nodeFetch.js");
  return nodeFetch()(url, init);
};

/** Returns true if undici's `setGlobalDispatcher` or NODE_USE_ENV_PROXY has set a dispatcher. */
function hasDispatcher(): boolean {
  const slots = globalThis as unknown as Record<symbol, object | undefined>;
  const dispatcher = slots[Symbol.for("undici.globalDispatcher.1")];
  return dispatcher !== undefined && dispatcher.constructor.name !== "Agent";
}
