import type { Fetch } from "./fetch.js";

/**
 * The global `fetch` at the time of the call. It is called as a function: browsers reject a method
 * call.
 */
export const defaultFetch: Fetch = (url, init) => fetch(url, init);
