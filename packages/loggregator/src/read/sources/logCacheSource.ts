import type { EnvelopeTypeName, LogCacheStatus } from "@loggregator/log-cache";
import { UsageError } from "../../errors.js";
import { messageOf } from "../../explain.js";
import { Outage } from "../../outage.js";
import type { LogCacheOptions } from "../logCacheOptions.js";
import { openLogCache } from "./openLogCache.js";
import type { Say, Source } from "./source.js";

/** Opens a source that follows log-cache. */
export async function logCacheSource(
  options: LogCacheOptions & { readonly sourceId?: readonly string[] | undefined },
  say: Say,
): Promise<Source> {
  if (options.sourceId === undefined) {
    throw new UsageError(
      "log-cache is read source by source; name the sources with --source-id or --app",
    );
  }
  const { client, name } = await openLogCache(options, say);
  return {
    kind: "log-cache",
    name,
    async *read(selectors, signal, { onOutage, since } = {}) {
      await using reading = client;
      const sourceIds = [...new Set(selectors.map(({ sourceId }) => sourceId))];
      const types = new Set<EnvelopeTypeName>();
      for (const { message } of selectors) {
        if (message !== undefined) {
          types.add(message.$case);
        }
      }
      // Fails early if the address or the token is wrong; later failures are outages.
      await reading.read(sourceIds[0] ?? "", { limit: 1, signal });
      const outage = new Outage(say, onOutage);
      void report(reading.status(), outage, say);
      yield* reading.follow(sourceIds, { types: [...types], from: since, signal });
    },
  };
}

async function report(
  statuses: AsyncIterable<LogCacheStatus>,
  outage: Outage,
  say: Say,
): Promise<void> {
  for await (const status of statuses) {
    switch (status.type) {
      case "retrying":
        outage.failed(messageOf(status.error));
        break;
      case "recovered":
        outage.recovered();
        break;
      case "gap":
        say(`envelopes of ${status.sourceId} expired before they could be read`);
        break;
      case "missing":
        say(`the envelopes read from ${status.sourceId} are no longer in log-cache`);
        break;
      case "skewed":
        say(
          `envelopes of ${status.sourceId} are ${Math.round(status.aheadMs / 1000)} s ahead of log-cache's clock`,
        );
        break;
      default:
    }
  }
}
