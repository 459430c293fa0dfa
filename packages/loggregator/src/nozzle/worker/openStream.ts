import type { Envelope, Selector } from "@loggregator/api";
import { silentLogger } from "@loggregator/core";
import { withFlags } from "../../explain.js";
import { findToken } from "../../read/findToken.js";
import { fetchFor, parseUrl } from "../../read/httpAddress.js";
import { tlsPaths } from "../../tlsOptions.js";
import type { SourceOptions, WorkerConfig } from "./messages.js";
import { StreamHealth } from "./streamHealth.js";

interface StreamRequest {
  readonly selectors: readonly Selector[];
  readonly shardId?: string | undefined;
}

/** Batches of envelopes. */
export interface BatchStream extends AsyncIterable<Envelope[]> {
  /** Ends the stream after the envelopes that were received. */
  stop(options: { readonly drain: true }): void;
}

/** A client that reads streams, and reconnects after failures. */
export interface StreamClient {
  /** The name of the server, for messages. */
  readonly name: string;
  readonly health: StreamHealth;
  readonly reconnects: number;
  open(request: StreamRequest): BatchStream;
  close(): Promise<void>;
}

/**
 * Creates the client for a source. Does not connect.
 *
 * @throws UsageError, CommandError for an address, certificates or a token that cannot be used.
 */
export function openStream(
  { place, source }: Pick<WorkerConfig, "place" | "source">,
  say: (message: string) => void,
): Promise<StreamClient> {
  return place.kind === "egress"
    ? openEgress(place.address, source, say)
    : openGateway(place.url, source, say);
}

async function openEgress(
  address: string,
  source: SourceOptions,
  say: (message: string) => void,
): Promise<StreamClient> {
  const { EnvelopeStreamConnector, loadEgressTls } = await import("@loggregator/egress");
  const paths = tlsPaths(source);
  // Fails early if the files cannot be used. They are read again for each connection.
  await loadEgressTls(paths);
  const client = await withFlags(
    { address: "--egress" },
    () =>
      new EnvelopeStreamConnector({
        address,
        tls: () => loadEgressTls(paths),
        logger: silentLogger,
      }),
  );
  const health = new StreamHealth(say);
  void health.watch(client.status());
  return {
    name: `the RLP ${address}`,
    health,
    get reconnects() {
      return client.stats.reconnects;
    },
    open: (request) => client.stream(request),
    close: () => client.close(),
  };
}

async function openGateway(
  address: string,
  source: SourceOptions,
  say: (message: string) => void,
): Promise<StreamClient> {
  const { RlpGatewayClient } = await import("@loggregator/rlp-gateway");
  const url = parseUrl("--gateway", address, "https://log-stream.example.com");
  const fetch = await fetchFor(url, source.ca);
  const token =
    source.uaa === undefined
      ? await findToken(url, source, say)
      : await uaaToken(source.uaa, source.ca);
  const client = await withFlags(
    { url: "--gateway", token: "--token" },
    () =>
      new RlpGatewayClient({
        url,
        token,
        fetch,
        logger: silentLogger,
        onInvalidEvent: (error) => say(error.message),
      }),
  );
  const health = new StreamHealth(say);
  void health.watch(client.status());
  return {
    name: `the gateway ${url.origin}`,
    health,
    get reconnects() {
      return client.stats.reconnects;
    },
    open: (request) => client.stream(request),
    close: () => client.close(),
  };
}

async function uaaToken(uaa: NonNullable<SourceOptions["uaa"]>, ca: string | undefined) {
  const { uaaClientCredentials } = await import("@loggregator/auth");
  const url = parseUrl("--uaa", uaa.url, "https://uaa.example.com");
  const fetch = await fetchFor(url, ca);
  return await withFlags({ url: "--uaa", clientId: "--client-id" }, () =>
    uaaClientCredentials({ ...uaa, url, fetch }),
  );
}
