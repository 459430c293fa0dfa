import { eventEnvelope } from "@loggregator/api";
import { silentLogger } from "@loggregator/core";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";
import { messageOf, withFlags } from "../explain.js";
import { Outage, watchConnection } from "../outage.js";
import { type TlsOptions, tlsPaths } from "../tlsOptions.js";
import type { Sink } from "./sink.js";

/** The options for sending to an agent. */
export interface IngressOptions extends TlsOptions {
  readonly address: string;
  readonly acknowledged?: boolean | undefined;
  readonly tag?: Readonly<Record<string, string>> | undefined;
}

/** Opens a sink that sends to an agent over gRPC. */
export async function ingressSink(
  { address, acknowledged, tag, ...options }: IngressOptions,
  say: (message: string) => void,
): Promise<Sink> {
  const paths = tlsPaths(options);
  // Fails early if the files cannot be used. They are read again for each connection.
  await loadIngressTls(paths);
  const failed = new AbortController();
  const outage = new Outage(say);
  let connected = false;
  const onRetryableError = (error: Error) => {
    // If the first attempt fails, the address is most likely wrong.
    if (connected) {
      outage.failed(messageOf(error));
    } else {
      failed.abort(error);
    }
  };
  const client = await withFlags(
    { address: "--address", tags: "--tag" },
    () =>
      new IngressClient({
        address,
        tls: () => loadIngressTls(paths),
        tags: tag,
        signal: failed.signal,
        delivery: acknowledged ? "acknowledged" : "stream",
        onRetryableError,
        // Outages are reported below, with messages for the command line.
        logger: silentLogger,
      }),
  );

  void watchConnection(client.status(), () => {
    connected = true;
    outage.recovered();
  });

  return {
    name: address,
    failed: failed.signal,
    emitLog: (message, options) => client.emitLog(message, options),
    emitCounter: (name, options) => client.emitCounter(name, options),
    emitGauge: (metrics, options) => client.emitGauge(metrics, options),
    emitTimer: (name, start, stop, options) => client.emitTimer(name, start, stop, options),
    emitEvent: (title, body, options) => client.emit(eventEnvelope(title, body, options)),
    get stats() {
      return client.stats;
    },
    drain: (signal) => client.flush({ signal }).catch(() => {}),
    close: () => client.closeSend(),
  };
}
