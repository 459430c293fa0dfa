import type { Fetch } from "./fetch.js";

/**
 * Calls the global `fetch` as a plain function: browsers reject it as a method of another object.
 */
export const defaultFetch: Fetch = (url, init) => fetch(url, init);
