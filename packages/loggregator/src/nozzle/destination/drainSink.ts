import { silentLogger } from "@loggregator/core";
import { DrainSender } from "@loggregator/drain";
import { readPem } from "../../drain/readPem.js";
import { withFlags } from "../../explain.js";
import type { Destination } from "./destination.js";
import type { DestinationOptions } from "./destinationOptions.js";
import type { Sink, SinkOptions } from "./sink.js";
import { sinkRetry } from "./sinkRetry.js";

/** Opens a sink that sends to a syslog drain, over HTTP or syslog. */
export async function drainSink(
  { url }: Extract<Destination, { kind: "drain" }>,
  options: DestinationOptions,
  { signal }: SinkOptions,
): Promise<Sink> {
  const { toCa: ca, toCert: cert, toKey: key, toServerName: serverName } = options;
  const loadTls = async () => ({
    ...(await readPem({ ca, cert, key }, { ca: "--to-ca", cert: "--to-cert", key: "--to-key" })),
    serverName,
  });
  // Fails early if the files cannot be read. They are read again for each connection.
  await loadTls();
  let failure: Error | undefined;
  const sender = await withFlags(
    { url: "--to", bearer: "--bearer" },
    () =>
      new DrainSender({
        url,
        tls: loadTls,
        bearer: options.bearer,
        signal,
        logger: silentLogger,
        // The nozzle's buffer limits the memory: this queue has at most one batch.
        maxQueueSize: Number.MAX_SAFE_INTEGER,
        maxQueueBytes: Number.MAX_SAFE_INTEGER,
        retry: sinkRetry(options.maxAttempts),
        onRetryableError: (error) => {
          failure = error;
        },
      }),
  );
  return {
    // Without batches, each message is a request.
    batchSize: /^https?:/i.test(url) ? 50 : 1_000,
    lingerMs: 100,
    rejected: 0,
    get retries() {
      return sender.stats.reconnects;
    },
    get failure() {
      return failure;
    },
    async send(envelopes) {
      const before = sender.stats;
      for (const envelope of envelopes) {
        sender.emit(envelope);
      }
      const unsupported = sender.stats.dropped - before.dropped;
      // Rejects if the signal aborts, which drops the rest.
      await sender.flush().catch(() => {});
      const { sent, dropped } = sender.stats;
      if (sent > before.sent) {
        failure = undefined;
      }
      return {
        sent: sent - before.sent,
        refused: dropped - before.dropped - unsupported,
        unsupported,
      };
    },
    close: () => sender.close().catch(() => {}),
  };
}
