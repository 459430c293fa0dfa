import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Fetch, RlpGatewayClient } from "@loggregator/rlp-gateway";
import { CommandError, UsageError } from "../errors.js";
import { named } from "../explain.js";
import { Outage } from "../outage.js";
import { fetchTrusting } from "./fetchTrusting.js";
import type { Source, Tell } from "./source.js";
import { findToken } from "./token.js";

/** How a gateway is read from. */
export interface GatewayOptions {
  readonly token?: string | undefined;
  /** Further authorities that may sign its certificate. */
  readonly ca?: string | undefined;
  readonly shardId?: string | undefined;
}

/** Reads from an RLP gateway over HTTP. */
export async function gatewaySource(
  address: string,
  options: GatewayOptions,
  tell: Tell,
): Promise<Source> {
  const url = parseUrl(address);
  const fetch = await fetchFor(url, options.ca);
  const token = await findToken(url, options.token, tell);

  return {
    name: url.origin,
    async *read(selectors, signal) {
      const failed = new AbortController();
      const outage = new Outage(tell);
      let connected = false;
      await using client = named(
        { url: "--gateway" },
        () =>
          new RlpGatewayClient({
            url,
            token,
            maxRetries: Number.POSITIVE_INFINITY,
            fetch: async (url, init) => {
              const response = await fetch(url, init);
              if (response.status === 200) {
                connected = true;
                outage.mended();
              }
              return response;
            },
            onRetryableError: (error) => {
              if (connected) outage.failed(error.message);
              else failed.abort(error);
            },
            onInvalidEvent: (error) => tell(error.message),
          }),
      );
      const request = { selectors, shardId: options.shardId };
      yield* client.stream(request, { signal: AbortSignal.any([signal, failed.signal]) });
      if (failed.signal.aborted) throw failed.signal.reason;
    },
  };
}

function parseUrl(address: string): URL {
  // A host and port alone would parse as a URL with the host for its scheme.
  const url = /^https?:\/\//i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined) return url;
  throw new UsageError(
    `--gateway: expected a URL such as https://log-stream.example.com, got ${JSON.stringify(address)}`,
  );
}

async function fetchFor(url: URL, ca: string | undefined): Promise<Fetch> {
  if (url.protocol !== "https:" || !ca) return (url, init) => globalThis.fetch(url, init);
  const pem = await readFile(ca).catch((cause: Error) => {
    throw new CommandError(
      `--ca: expected a readable PEM file, got ${JSON.stringify(ca)}: ${cause.message}`,
      { cause },
    );
  });
  try {
    // TLS would take what it can't read for no authority at all.
    new X509Certificate(pem);
  } catch (cause) {
    throw new CommandError(`--ca: expected a certificate in PEM, got ${JSON.stringify(ca)}`, {
      cause,
    });
  }
  return fetchTrusting(pem);
}
