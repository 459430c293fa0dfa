import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { formatHostPort, silentLogger } from "@loggregator/core";
import { metricsHandler, PrometheusBridge } from "@loggregator/prometheus";
import { Registry } from "prom-client";
import { listenError } from "../health/listenError.js";
import type { Destination } from "./destination.js";
import type { DestinationOptions } from "./destinationOptions.js";
import type { Sink, SinkOptions } from "./sink.js";

/** Opens a sink that keeps counters and gauges, and serves them to Prometheus. */
export async function prometheusSink(
  { host, port }: Extract<Destination, { kind: "prometheus" }>,
  { label, metricPrefix, maxSeries, expire }: DestinationOptions,
  { say }: SinkOptions,
): Promise<Sink> {
  const registry = new Registry();
  const bridge = new PrometheusBridge({
    registry,
    tags: label,
    prefix: metricPrefix,
    maxSeries,
    expireAfterMs: expire === undefined ? undefined : expire * 1_000,
    logger: silentLogger,
  });
  const server = createServer(metricsHandler(registry));
  server.listen({ port, host });
  await once(server, "listening").catch((cause) => {
    throw listenError("--to", cause);
  });
  const bound = server.address() as AddressInfo;
  say(
    `serving metrics on http://${formatHostPort({ host: bound.address, port: bound.port })}/metrics`,
  );
  return {
    batchSize: 1_000,
    lingerMs: 0,
    retries: 0,
    rejected: 0,
    failure: undefined,
    async send(envelopes) {
      const before = bridge.stats;
      bridge.add(envelopes);
      const { dropped, ignored } = bridge.stats;
      const refused = dropped - before.dropped;
      const unsupported = ignored - before.ignored;
      return { sent: envelopes.length - refused - unsupported, refused, unsupported };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await bridge.close();
    },
  };
}
