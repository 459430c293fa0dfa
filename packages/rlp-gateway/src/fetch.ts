/** What this package asks of a `fetch`. */
export interface FetchInit {
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body?: URLSearchParams;
  cache?: "no-store";
  redirect?: "manual";
  signal: AbortSignal;
}

/** What this package takes from a response. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): BodyReader;
  } | null;
}

/** Reads a body chunk by chunk: the default reader of a `ReadableStream<Uint8Array>`. */
export interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<unknown>;
}

/**
 * The part of the global `fetch` that is needed, so that the `fetch` of another library fits
 * without a cast: that of undici for example, which speaks HTTP/2 in Node.js.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** The global `fetch` of the moment, called as a function: browsers refuse it as a method. */
const globalFetch: Fetch = (url, init) => fetch(url, init);

/**
 * The function given, or else the global one.
 *
 * @throws TypeError where it is no function.
 */
export function checkFetch(fetch: Fetch | undefined): Fetch {
  if (fetch === undefined) return globalFetch;
  if (typeof fetch === "function") return fetch;
  throw new TypeError(`fetch: expected a function, got ${typeof fetch}`);
}

const maxErrorBodyBytes = 64 * 1024;

const minSecretLength = 8;

/** What an error response says: the text of its body, cut at 64 KiB, and what the JSON in it has. */
export async function readErrorBody(
  response: FetchResponse,
  secret: string | undefined,
): Promise<{ text: string; json: Readonly<Record<string, unknown>> }> {
  const text = await readStart(response);
  // A proxy that echoes the request must not make an error of ours carry the secret. One that is
  // shorter than any real one is left in: it would turn up in the midst of words.
  const redact = (value: string) =>
    secret !== undefined && secret.length >= minSecretLength
      ? value.replaceAll(secret, "[redacted]")
      : value;
  let json: unknown;
  try {
    // The gateway and UAA label their JSON in different ways, so the label is not looked at.
    json = JSON.parse(text, (_, value) => (typeof value === "string" ? redact(value) : value));
  } catch {
    // A page of a proxy, most likely. The text is all there is.
  }
  const isObject = typeof json === "object" && json !== null;
  return { text: redact(text), json: isObject ? (json as Record<string, unknown>) : {} };
}

async function readStart(response: FetchResponse): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let bytes = 0; bytes < maxErrorBodyBytes; ) {
      const { value } = await reader.read();
      if (value === undefined) break;
      text += decoder.decode(value.subarray(0, maxErrorBodyBytes - bytes), { stream: true });
      bytes += value.length;
    }
  } catch {
    // The status is the error; of a body that breaks off, what came will do.
  }
  reader.cancel().catch(() => {});
  return text;
}
