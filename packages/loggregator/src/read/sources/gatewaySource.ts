import { silentLogger } from "@loggregator/core";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { withFlags } from "../../explain.js";
import { findToken, type TokenOptions } from "../findToken.js";
import { fetchFor, parseUrl } from "../httpAddress.js";
import { readStream } from "./readStream.js";
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
    read(selectors, signal, readOptions) {
      const open = (onRetryableError: (error: Error) => void) =>
        withFlags(
          { url: "--gateway", token: "--token" },
          () =>
            new RlpGatewayClient({
              url,
              token,
              logger: silentLogger,
              fetch,
              onRetryableError,
              onInvalidEvent: (error) => say(error.message),
            }),
        );
      const request = { selectors, shardId: options.shardId };
      return readStream({ open, request, signal, say }, readOptions);
    },
  };
}
