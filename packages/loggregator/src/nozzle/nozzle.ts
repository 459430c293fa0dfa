import { createHash } from "node:crypto";
import type { Selector } from "@loggregator/api";
import { type HostPort, splitHostPort } from "@loggregator/core";
import { UsageError } from "../errors.js";
import { rejected } from "../optionValues.js";
import { parseUrl } from "../read/httpAddress.js";
import { locateSource, type ReadOptions } from "../read/readOptions.js";
import { keeps, type Selection } from "../read/selection.js";
import type { Session } from "../session.js";
import { counted } from "../text/formatNumbers.js";
import { tlsPaths } from "../tlsOptions.js";
import { type Destination, parseDestination } from "./destination/destination.js";
import {
  checkDestinationOptions,
  type DestinationOptions,
} from "./destination/destinationOptions.js";
import { startHealthServer } from "./health/healthServer.js";
import { Supervisor } from "./supervisor/supervisor.js";
import { addCounts, noCounts, totalDropped } from "./worker/counts.js";
import type { FullPolicy, SourceOptions } from "./worker/messages.js";

/** The options of `loggregator nozzle`. */
export interface NozzleOptions
  extends Omit<ReadOptions, "logCache" | "logCacheUrl">,
    DestinationOptions {
  readonly to?: string | undefined;
  readonly clientId?: string | undefined;
  /** Of a profile. Default: the one in NOZZLE_CLIENT_SECRET. */
  readonly clientSecret?: string | undefined;
  readonly uaa?: string | undefined;
  readonly workers: number;
  readonly buffer: number;
  readonly bufferBytes: number;
  readonly whenFull: FullPolicy;
  readonly health?: string | undefined;
  readonly grace: number;
}

/** Reads envelopes and delivers them to the destination, until the session ends. */
export async function nozzle(given: NozzleOptions, session: Session): Promise<void> {
  const { signal, say } = session;
  const destination = destinationOf(given);
  const health = healthAddress(given);
  const options: NozzleOptions = {
    ...given,
    type:
      given.type ??
      (destination.kind === "prometheus" && given.name === undefined
        ? ["counter", "gauge"]
        : undefined),
  };
  // Checks the filters before any request.
  keeps(options);
  const uaa = await uaaOptions(options);
  const { place, selectors } = await locateSource(options, say);
  if (place.kind === "log-cache") {
    throw new UsageError(
      "a nozzle reads from a gateway or an RLP; pass --gateway or --egress, or set LOGGREGATOR_GATEWAY_URL or LOGGREGATOR_EGRESS_ADDRESS",
    );
  }
  // These also fail in a worker, but later.
  if (place.kind === "gateway") {
    parseUrl("--gateway", place.url, "https://log-stream.example.com");
  } else {
    tlsPaths(options);
  }
  const selection = selectionOf(options);
  const shardId = options.shardId ?? defaultShardId(destination, selectors, selection);
  const graceMs = options.grace * 1_000;

  let supervisor: Supervisor | undefined;
  using server =
    health &&
    (await startHealthServer({
      address: health,
      supervisor: () => supervisor,
      destination: destination.name,
      shardId,
    }));
  if (server !== undefined) {
    say(`serving /healthz, /livez and /metrics on http://${server.address}`);
  }
  const shard = shardId === undefined ? "" : `, shard ${shardId}`;
  supervisor = new Supervisor({
    workers: options.workers,
    graceMs,
    signal,
    say,
    onReady: (source) => say(`reading from ${source}${shard}, sending to ${destination.name}`),
    config: {
      name: "",
      place,
      source: { ...sourceOptions(options), uaa },
      shardId,
      selectors,
      selection,
      destination,
      destinationOptions: destinationOptions(options),
      maxSize: options.buffer,
      maxBytes: options.bufferBytes,
      whenFull: options.whenFull,
      graceMs,
    },
  });
  await supervisor.run();
  say(summary(supervisor, options.grace));
}

function destinationOf(options: NozzleOptions): Destination {
  if (!options.to) {
    throw new UsageError(
      "--to or NOZZLE_TO must name a destination, such as otlp://collector:4318 or stdout",
    );
  }
  const destination = parseDestination(options.to);
  checkDestinationOptions(destination, options);
  return destination;
}

/** The address of `--health`; by default, the port that Cloud Foundry assigns to the app. */
function healthAddress({ health }: NozzleOptions): HostPort | undefined {
  const { PORT } = process.env;
  if (health === undefined) {
    return PORT ? splitHostPort(`0.0.0.0:${PORT}`, 0) : undefined;
  }
  const address = splitHostPort(health, 0);
  if (address === undefined) {
    throw rejected("--health", "host:port, such as 127.0.0.1:8080", health);
  }
  return address;
}

async function uaaOptions(options: NozzleOptions): Promise<SourceOptions["uaa"]> {
  const { clientId, token } = options;
  const { clientSecret = process.env["NOZZLE_CLIENT_SECRET"] } = options;
  if (clientId === undefined) {
    if (options.uaa !== undefined) {
      throw new UsageError("--uaa requires --client-id; pass both or neither");
    }
    return undefined;
  }
  if (token) {
    throw new UsageError("--client-id and --token cannot be combined; remove one of them");
  }
  if (clientSecret === undefined) {
    throw new UsageError("--client-id needs its secret in the variable NOZZLE_CLIENT_SECRET");
  }
  if (options.uaa !== undefined) {
    return {
      url: parseUrl("--uaa", options.uaa, "https://uaa.example.com").href,
      clientId,
      clientSecret,
    };
  }
  const { Foundation } = await import("../read/foundation/foundation.js");
  const foundation = await Foundation.find(options, () => {});
  if (foundation === undefined) {
    throw new UsageError("--client-id needs a UAA; pass --uaa or --api");
  }
  const { uaaUrl } = await foundation.endpoints();
  return { url: uaaUrl, clientId, clientSecret };
}

function sourceOptions({ ca, cert, key, token, sendTokenTo }: NozzleOptions): SourceOptions {
  return { ca, cert, key, token, sendTokenTo };
}

function selectionOf(options: NozzleOptions): Selection {
  const { sourceId, type, name, apps, instance, tag } = options;
  const { grep, exclude, ignoreCase, level, filter } = options;
  return {
    ...{ sourceId, type, name, apps, instance, tag },
    grep,
    exclude,
    ignoreCase,
    level,
    filter,
  };
}

function destinationOptions(options: NozzleOptions): DestinationOptions {
  const { toCa, toCert, toKey, toServerName, maxAttempts, header, otlpMode, gzip } = options;
  const { otlpResourceAttributes, bearer, label, metricPrefix, maxSeries, expire } = options;
  return {
    ...{ toCa, toCert, toKey, toServerName, maxAttempts, header, otlpMode, gzip },
    ...{ otlpResourceAttributes, bearer, label, metricPrefix, maxSeries, expire },
  };
}

/**
 * Returns the shard id of all nozzles with the same destination and filters, which split the
 * stream. stdout and Prometheus endpoints are not shared, so each of these nozzles gets the whole
 * stream.
 */
function defaultShardId(
  { kind, name }: Destination,
  selectors: readonly Selector[],
  selection: Selection,
): string | undefined {
  if (kind === "stdout" || kind === "prometheus") {
    return undefined;
  }
  const hash = createHash("sha256").update(JSON.stringify([name, selectors, selection]));
  return `nozzle-${hash.digest("hex").slice(0, 12)}`;
}

function summary({ workers }: Supervisor, grace: number): string {
  const counts = workers.map((worker) => worker.counts).reduce(addCounts, noCounts());
  const { received, sent, dropped } = counts;
  const lost = totalDropped(counts);
  const parts = [`${counted(received, "envelope")} received, ${counted(sent, "envelope")} sent`];
  if (lost > 0) {
    const reasons = Object.entries(dropped)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => `${reason.replaceAll("_", " ")} ${count}`);
    parts.push(`${counted(lost, "envelope")} dropped (${reasons.join(", ")})`);
  }
  if (dropped.shutdown > 0) {
    parts.push(`${counted(dropped.shutdown, "envelope")} not delivered within ${grace} s`);
  }
  return parts.join("; ");
}
