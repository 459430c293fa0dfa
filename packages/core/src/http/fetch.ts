import { defaultFetch } from "#defaultFetch";
import { OptionTypeError } from "../options/optionError.js";
import { formatValue } from "../text/formatValue.js";

/** The request options that clients pass to `fetch`. */
export interface FetchInit {
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body?: URLSearchParams | Uint8Array<ArrayBuffer>;
  cache?: "no-store";
  /** Redirects are never followed: they would send the token or the secret to another server. */
  redirect: "manual";
  signal: AbortSignal;
}

/** The properties of a response that clients use. */
export interface FetchResponse {
  readonly status: number;
  /** `opaqueredirect` for a redirect in a browser, whose status and location are hidden. */
  readonly type?: string;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): BodyReader;
  } | null;
}

/** Reads a body chunk by chunk: the default reader of a `ReadableStream<Uint8Array>`. */
export interface BodyReader {
  /** Reads the next chunk. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Ends the body. */
  cancel(reason?: unknown): Promise<unknown>;
}

/**
 * The part of the type of `fetch` that clients use, so that the `fetch` of another library can be
 * passed without a cast, for example that of undici, which supports HTTP/2 in Node.js.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/**
 * Returns a `fetch` whose responses are checked: the given one, or the default.
 *
 * @throws OptionTypeError if it is not a function. The returned function rejects with one if a
 * response has an unexpected shape, such as those of node-fetch.
 */
export function checkFetch(fetch: Fetch | undefined): Fetch {
  if (fetch === undefined) {
    return defaultFetch;
  }
  if (typeof fetch !== "function") {
    throw new OptionTypeError("fetch", "a function", formatValue(fetch));
  }
  return async (url, init) => checkResponse(await fetch(url, init));
}

function checkResponse(response: FetchResponse): FetchResponse {
  if (
    typeof response?.status === "number" &&
    typeof response.headers?.get === "function" &&
    (!response.body || typeof response.body.getReader === "function")
  ) {
    return response;
  }
  const expected = "a function that resolves to a Response";
  throw new OptionTypeError("fetch", expected, formatValue(response));
}
