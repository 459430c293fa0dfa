import { linkedAbortController, silentLogger } from "@loggregator/core";
import { nodeFetch } from "@loggregator/core/node";
import { type Fetch, RlpGatewayClient } from "@loggregator/rlp-gateway";
import { UsageError } from "../errors.js";
import { messageOf, withFlags } from "../explain.js";
import { rejected } from "../optionValues.js";
import { Outage, watchConnection } from "../outage.js";
import { readCertificateFile } from "./certificates.js";
import type { Say, Source } from "./source.js";
import { findToken } from "./token.js";

/** The options for reading from a gateway. */
export interface GatewayOptions {
  readonly token?: string | undefined;
  /** Further hosts to which the token of the cf command may be sent. */
  readonly sendTokenTo?: readonly string[] | undefined;
  /** PEM file of further authorities that may sign its certificate. */
  readonly ca?: string | undefined;
  readonly shardId?: string | undefined;
}

/** Opens a source that reads from an RLP gateway over HTTP. */
export async function gatewaySource(
  address: string,
  options: GatewayOptions,
  say: Say,
): Promise<Source> {
  const url = parseUrl(address);
  const fetch = await fetchFor(url, options.ca);
  const token = await findToken(url, options, say);

  return {
    name: url.origin,
    async *read(selectors, signal) {
      const reading = linkedAbortController(signal);
      const outage = new Outage(say);
      let connected = false;
      let failure: Error | undefined;
      try {
        await using client = await withFlags(
          { url: "--gateway", token: "--token" },
          () =>
            new RlpGatewayClient({
              url,
              token,
              logger: silentLogger,
              fetch,
              onRetryableError: (error) => {
                if (connected) {
                  return outage.failed(messageOf(error));
                }
                failure = error;
                reading.abort();
              },
              onInvalidEvent: (error) => say(error.message),
            }),
        );
        void watchConnection(client.status(), () => {
          connected = true;
          outage.recovered();
        });
        const request = { selectors, shardId: options.shardId };
        yield* client.stream(request, { signal: reading.signal });
      } finally {
        reading.abort();
      }
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
}

function parseUrl(address: string): URL {
  // Without a scheme, a host and port would parse as a URL whose scheme is the host.
  const isHttp = /^https?:\/\//i.test(address);
  if (!isHttp || !URL.canParse(address)) {
    throw rejected("--gateway", "a URL such as https://log-stream.example.com", address);
  }
  const url = new URL(address);
  if (url.username === "" && url.password === "") {
    return url;
  }
  throw new UsageError(
    "--gateway must be a URL without a user name and password; give the token with --token or CF_TOKEN",
  );
}

/** Default: that of the client, which also uses the environment's proxy. */
async function fetchFor(url: URL, ca: string | undefined): Promise<Fetch | undefined> {
  if (url.protocol !== "https:" || !ca) {
    return undefined;
  }
  return nodeFetch({ ca: await readCertificateFile("--ca", ca) });
}
