import { linkedAbortController, silentLogger } from "@loggregator/core";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { messageOf, withFlags } from "../../explain.js";
import { Outage, watchConnection } from "../../outage.js";
import { findToken, type TokenOptions } from "../findToken.js";
import { fetchFor, parseUrl } from "../httpAddress.js";
import type { Say, Source } from "./source.js";

/** The options for reading from a gateway. */
export interface GatewayOptions extends TokenOptions {
  readonly shardId?: string | undefined;
}

/** Opens a source that reads from an RLP gateway over HTTP. */
export async function gatewaySource(
  address: string,
  options: GatewayOptions,
  say: Say,
): Promise<Source> {
  const url = parseUrl("--gateway", address, "https://log-stream.example.com");
  const fetch = await fetchFor(url, options.ca);
  const token = await findToken(url, options, say);

  return {
    kind: "the gateway",
    name: url.origin,
    async *read(selectors, signal, { onOutage } = {}) {
      const reading = linkedAbortController(signal);
      const outage = new Outage(say, onOutage);
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
