import type { Fetch } from "./fetch.js";

/** Options of clients that send requests with `fetch`. */
export interface FetchOptions {
  /**
   * The `fetch` to use. Set it for HTTP/2 in Node.js or for a private certificate authority.
   *
   * @default the global `fetch`; in Node.js, requests go through the proxy that `HTTPS_PROXY` names
   */
  readonly fetch?: Fetch | undefined;
}

/** Options of clients that send single requests. */
export interface HttpOptions extends FetchOptions {
  /**
   * The time limit of a request in milliseconds, including reading the response. `Infinity`: no
   * limit. Raise it for slow servers and large responses; lower it to fail sooner.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}
